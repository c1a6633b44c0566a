#!/bin/sh
# The command of the npm package: becomes the executable in the package for this machine. So the process id, signals
# and the exit code are those of the executable, no Node.js runs, and no install script is needed.
case $(uname -sm) in
  "Linux x86_64") name=denicorn-linux-x64 ;;
  "Linux aarch64") name=denicorn-linux-arm64 ;;
  *) name= ;;
esac

# Package managers put it beside this package or into it, and link to this file.
# The last folder is the root, which is empty here.
folder=$(readlink -f -- "$0")
while [ -n "$name" ] && [ -n "$folder" ]; do
  folder=${folder%/*}
  program=$folder/node_modules/$name/bin/denicorn
  [ -x "$program" ] && exec "$program" "$@"
done

if [ -n "$name" ]; then
  echo "error: cannot start Denicorn: the package $name is not installed: install denicorn with optional dependencies, on Linux with glibc" >&2
else
  echo "error: cannot start Denicorn: $(uname -sm) is not supported: use Linux on x64 or arm64" >&2
fi
exit 1
