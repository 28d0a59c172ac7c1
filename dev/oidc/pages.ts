import type { Account } from './issuer.ts';

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText; }
  main { width: min(24rem, calc(100vw - 3rem)); }
  h1 { font-size: 1.4rem; margin: 0; }
  p { margin: .25rem 0 1.25rem; opacity: .75; }
  button { width: 100%; margin: 0 0 .5rem; padding: .7rem 1rem; border: 1px solid #8886; border-radius: .5rem;
    font: inherit; text-align: start; background: #8881; color: inherit; cursor: pointer; }
  button:hover, button:focus-visible { border-color: #3b82f6; background: #3b82f622; }
  button strong, button span { display: block; }
  button span { font-size: .875rem; opacity: .75; }
  button.quiet { border-color: transparent; background: none; text-align: center; }`;

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Steward</title>
<style>${STYLE}</style>
</head>
<body><main>${content}</main></body>
</html>`;
}

export function loginPage(action: string, accounts: Account[]): string {
  const buttons = accounts.map(
    ({ subject, email, name }) => `<button name="account" value="${asText(subject)}">
<strong>${asText(name)}</strong><span>${asText(email)}</span></button>`,
  );
  return page(
    'Sign in',
    `<h1>Sign in to Steward</h1>
<p>The local issuer knows no passwords: choose who to be.</p>
<form method="post" action="${asText(action)}">${buttons.join('')}
<button class="quiet" name="cancel" value="yes">Cancel</button></form>`,
  );
}

/** `form` is the provider's own, with the token that keeps others from signing people out. */
export function signOutPage(form: string): string {
  return page(
    'Sign out',
    `<h1>Sign out of Steward?</h1><p>You will have to choose an account again.</p>${form}
<button form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
<button form="op.logoutForm" class="quiet">Stay signed in</button>`,
  );
}

export function signedOutPage(): string {
  return page('Signed out', '<h1>You are signed out</h1><p>This page may be closed.</p>');
}

export function errorPage(problem: { error: string; error_description?: string }): string {
  const what = problem.error_description ?? problem.error;
  return page('Sign-in failed', `<h1>That did not work</h1><p>${asText(what)}</p>`);
}

function asText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
