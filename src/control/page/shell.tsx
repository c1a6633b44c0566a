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
          <span id="connection" class="badge warn" role="status">connecting</span>
          <p id="about" class="dim" />
        </header>
        <noscript>This page needs JavaScript; /status and /metrics do not.</noscript>
        <main id="status">
          <Banner />
          <section id="headline" aria-label="How the server is" />
          <Controls />
          <div class="bar">
            <h2>Load</h2>
            <button id="near" type="button" aria-pressed="false">Last 3 minutes</button>
          </div>
          <div id="charts" class="grid" />
          <p class="dim legend">
            <span class="mark reload">reload or upgrade</span>
            <span class="mark scaling">scaling</span>
            <span class="mark death">death of a worker</span>
          </p>
          <h2 id="workers-title">Workers</h2>
          <div id="workers" class="grid" />
          <WorkerTable />
          <Tasks />
          <h2 id="events-title">Decisions and deaths</h2>
          <div class="card scrolls" tabindex={0} role="region" aria-labelledby="events-title">
            <p id="no-events" class="dim">none yet</p>
            <ol id="events" />
          </div>
        </main>
        <dialog id="ask" aria-labelledby="question">
          <p id="question" />
          <div class="bar">
            <button id="yes" type="button" />
            <button id="no" type="button">Cancel</button>
          </div>
        </dialog>
        <script type="module" dangerouslySetInnerHTML={{ __html: script }} />
      </body>
    </html>
  );
}

function Banner() {
  return (
    <div id="banner" role="alert" hidden>
      <div class="bar">
        <strong id="banner-text" />
        <button id="dismiss" type="button">Dismiss</button>
      </div>
      <details id="banner-more">
        <summary>Where</summary>
        <pre id="banner-detail" tabindex={0} />
      </details>
    </div>
  );
}

function WorkerTable() {
  return (
    <div
      id="worker-table"
      class="card scrolls"
      tabindex={0}
      role="region"
      aria-labelledby="workers-title"
      hidden
    >
      <table>
        <thead>
          <tr id="worker-heads" />
        </thead>
        <tbody id="worker-rows" />
      </table>
    </div>
  );
}

function Tasks() {
  return (
    <section id="tasks" hidden>
      <h2>Tasks</h2>
      <div class="bar">
        <span id="backlog" class="dim" />
        <button id="pause" class="acts" type="button">Pause</button>
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
          <button id="retry-all" class="acts" type="button">Retry all</button>
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
        <button id="reload" class="acts" type="button">Reload</button>
        <button id="remove" class="acts" type="button">−1 worker</button>
        <button id="add" class="acts" type="button">+1 worker</button>
        <form id="scale">
          <input
            id="count"
            type="number"
            min="1"
            required
            aria-label="Number of workers"
            placeholder="workers"
          />
          <button id="set" class="acts" type="submit">Scale</button>
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
