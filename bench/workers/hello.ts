import { Hono } from 'hono';

/** The least a Hono Worker can do: one route, one constant answer. */
const app = new Hono<{ Bindings: { ANSWER: object } }>();
app.get('/hello', (c) => c.json(c.env.ANSWER));

export default app;
