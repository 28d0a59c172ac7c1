/** Retry-After as RFC 9110 section 10.2.3 has it: seconds or a date. @returns seconds, 0 where it says nothing */
export function retryAfterSeconds(field: string | null, now: number): number {
  if (field === null) return 0;
  if (/^\d{1,9}$/.test(field)) return Number(field);
  const until = Date.parse(field);
  return Number.isNaN(until) ? 0 : Math.max(0, Math.ceil((until - now) / 1000));
}
