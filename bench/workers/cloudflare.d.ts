/** What the yardsticks need of it. The real types would lay a Worker's globals over Node's in all of bench/, dev/ and test/. */
declare module 'cloudflare:workers' {
  export abstract class DurableObject {}
}
