import { ApiProblem } from '../api/problem.ts';

/** Puts what the server says of single fields to those fields; the rest of the sentence is shown above the form. */
export function takeErrors(form: { setErrors(errors: Record<string, string>): void }, problem: unknown): void {
  if (problem instanceof ApiProblem && problem.errors.length > 0)
    form.setErrors(
      Object.fromEntries(problem.errors.map(({ field, reason }) => [field.replace(/^body\./, ''), reason])),
    );
}
