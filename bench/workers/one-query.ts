import { Hono } from 'hono';

/** The least a Worker can do that asks the database once: a constant statement, its answer read, a constant answer of its own. */
const app = new Hono<{ Bindings: { ANSWER: object; SQL: string; ENDPOINT: string; DATABASE_URL: string } }>();
app.get('/hello', async (c) => {
  const { SQL: query, ENDPOINT, DATABASE_URL } = c.env;
  const headers = { 'Neon-Connection-String': DATABASE_URL, 'Neon-Raw-Text-Output': 'true', 'Neon-Array-Mode': 'true' };
  const response = await fetch(ENDPOINT, { method: 'POST', headers, body: JSON.stringify({ query, params: [] }) });
  if (!response.ok) return c.text(await response.text(), 500);
  await response.json();
  return c.json(c.env.ANSWER);
});

export default app;
