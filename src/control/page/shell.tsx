/** The static part of the page, before its script gets the first status. */

export function Shell({ style, script }: { readonly style: string; readonly script: string }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Denicorn</title>
        <link rel="icon" href="data:," />
        <style dangerouslySetInnerHTML={{ __html: style }} />
      </head>
      <body>
        <header>
          <h1 id="app">Denicorn</h1>
          <span id="phase" class="badge" hidden />
          <span id="connection" class="badge warn" role="status">connecting</span>
        </header>
        <p id="about" class="dim" />
        <noscript>This page needs JavaScript; /status and /metrics do not.</noscript>
        <Controls />
        <main id="status">
          <h2>Load</h2>
          <div id="charts" class="grid" />
          <h2>Workers</h2>
          <div id="workers" class="grid" />
          <Tasks />
          <h2>Decisions and deaths</h2>
          <ol id="events" class="card" />
        </main>
        <script type="module" dangerouslySetInnerHTML={{ __html: script }} />
      </body>
    </html>
  );
}

function Tasks() {
  return (
    <section id="tasks" hidden>
      <h2>Tasks</h2>
      <div class="bar">
        <span id="backlog" class="dim" />
        <button id="pause" type="button">Pause</button>
      </div>
      <p id="task-problem" class="warn" role="status" hidden />
      <div id="task-charts" class="grid" />
      <h3>By name</h3>
      <div id="task-names" class="grid" />
      <h3>Workers</h3>
      <div id="task-workers" class="grid" />
      <section id="dead" aria-label="Dead tasks" hidden>
        <div class="bar">
          <h3>Dead</h3>
          <button id="retry-all" type="button">Retry all</button>
        </div>
        <ol id="dead-tasks" class="card" />
      </section>
    </section>
  );
}

function Controls() {
  return (
    <section class="card controls" aria-label="Controls">
      <div class="bar">
        <button id="reload" type="button">Reload</button>
        <button id="remove" type="button" aria-label="Remove one worker">−1</button>
        <button id="add" type="button" aria-label="Add one worker">+1</button>
        <form id="scale">
          <input
            id="count"
            type="number"
            min="1"
            required
            aria-label="Number of workers"
            placeholder="workers"
          />
          <button type="submit">Scale</button>
        </form>
        <form id="access">
          <input
            id="token"
            type="password"
            required
            autocomplete="off"
            aria-label="Admin token"
            placeholder="admin token"
          />
          <button type="submit">Use token</button>
        </form>
        <button id="forget" type="button" hidden>Forget token</button>
      </div>
      <p id="message" role="status" hidden />
    </section>
  );
}
