/** The dialog for a token in the page of GraphiQL: modal, so that focus stays in it and Escape closes it. */
export const TOKEN_DIALOG = {
  style: `
.token-dialog { color-scheme: light dark; box-sizing: border-box; width: min(26rem, 90vw); padding: 1.5rem; border: 1px solid light-dark(#c9cfdb, #4a5670); border-radius: 8px; background: light-dark(#fff, #212a3b); color: light-dark(#3b4b68, #dfe5f0); font: 15px/1.5 system-ui, sans-serif }
.graphiql-light .token-dialog { color-scheme: light }
.graphiql-dark .token-dialog { color-scheme: dark }
.token-dialog::backdrop { background: rgb(0 0 0 / 50%) }
.token-dialog h2 { margin: 0 0 .5rem; font-size: 1.2rem }
.token-dialog p { margin: 0 0 1rem }
.token-dialog label { display: block; font-weight: 600 }
.token-dialog input { box-sizing: border-box; width: 100%; margin: .25rem 0 .5rem; padding: .5rem; border: 1px solid light-dark(#6b7a99, #93a1bd); border-radius: 4px; background: light-dark(#fff, #171e2b); color: inherit; font: inherit }
.token-dialog .buttons { display: flex; justify-content: flex-end; gap: .5rem; margin: 0 }
.token-dialog button { padding: .5rem 1rem; border: 1px solid light-dark(#6b7a99, #93a1bd); border-radius: 4px; background: transparent; color: inherit; font: inherit; cursor: pointer }
.token-dialog button[type=submit] { border-color: light-dark(#a84f2f, #e08a6a); background: light-dark(#a84f2f, #e08a6a); color: light-dark(#fff, #1b1410) }
.token-dialog :focus-visible { outline: 2px solid light-dark(#1d5fd1, #8ab4ff) !important; outline-offset: 2px }
`,
  html: `<dialog class="token-dialog" aria-labelledby="token-title" aria-describedby="token-reason">
  <form>
    <h2 id="token-title">Token</h2>
    <p id="token-reason" aria-live="polite"></p>
    <label for="token">Your token</label>
    <input id="token" type="password" required autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby="token-kept">
    <p id="token-kept">It is kept until this page is closed or reloaded, and stored nowhere.</p>
    <p class="buttons"><button type="button">Cancel</button><button type="submit">Continue</button></p>
  </form>
</dialog>`,
  /**
   * Each tab has its headers, and the schema is fetched before any can be typed. So the page asks for a token when the gateway
   * does, once for all tabs and requests, and forgets it when it is closed; headers typed into a tab take precedence. `header`
   * is the one that the gateway reads tokens from.
   */
  script: (header: string) => `{
  const carrier = ${JSON.stringify(header)};
  const dialog = document.querySelector(".token-dialog");
  const input = dialog.querySelector("input");
  const send = fetch;
  let token = "";
  let isDeclined = false;
  let asking = null;

  dialog.querySelector("button[type=button]").onclick = () => dialog.close();
  dialog.querySelector("form").onsubmit = (event) => {
    event.preventDefault();
    dialog.close("given");
  };

  function ask(reason) {
    return new Promise((resolve) => {
      dialog.querySelector("#token-reason").textContent = reason;
      dialog.returnValue = "";
      dialog.onclose = () => {
        const given = dialog.returnValue === "given" ? input.value : null;
        input.value = "";
        resolve(given);
      };
      dialog.showModal();
    });
  }

  async function renew() {
    const given = await ask(
      token === ""
        ? "This gateway answers callers who have a token."
        : "The gateway does not accept this token; it may have expired. Enter another one.",
    );
    isDeclined = given === null;
    if (given !== null) token = given.replace(/^\\s*bearer\\s|[^\\x21-\\x7e]/gi, "");
  }

  window.fetch = async (input, init = {}) => {
    const headers = new Headers(init.headers);
    if (headers.has(carrier)) return send(input, init);
    for (;;) {
      const tried = token;
      if (tried !== "") headers.set(carrier, "Bearer " + tried);
      const response = await send(input, { ...init, headers });
      if (response.status !== 401 || isDeclined) return response;
      if (token === tried) await (asking ??= renew().finally(() => (asking = null)));
      if (isDeclined) return response;
    }
  };
}
`,
} as const;
