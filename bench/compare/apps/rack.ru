# The apps for Puma: APP is the name of one.

def answer(text)
  [200, { "content-type" => "text/plain", "content-length" => text.bytesize.to_s }, [text]]
end

def compute(seconds)
  stop = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
  nil while Process.clock_gettime(Process::CLOCK_MONOTONIC) < stop
end

apps = {
  "tiny" => ->(_env) { answer("Hello, World!") },
  "computing" => lambda do |_env|
    compute(0.008)
    answer("computed")
  end,
  "mixed" => lambda do |_env|
    compute(0.05) if rand < 0.01
    answer("mixed")
  end,
}
run apps.fetch(ENV.fetch("APP"))
