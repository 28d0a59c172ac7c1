import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem } from '../../api/problem.ts';
import type { Conflict } from '../../components/merge.tsx';
import { useToast } from '../../components/toast.tsx';

interface Versioned {
  version: number;
}

interface Saving<Item extends Versioned, State extends object> {
  item: Item;
  /** What a person changes of it. */
  stateOf: (item: Item) => State;
  /** As it is now. */
  read: () => Promise<Item>;
  /** @param was what the change began with */
  save: (mine: State, was: State, ifMatch: number) => Promise<Item>;
  onSaved: (fresh: Item, before: Item) => void;
}

/** The fields of `next` that differ from `was`: what a merging PATCH takes. */
export const changedFields = <State extends object>(was: State, next: State): Partial<State> =>
  Object.fromEntries(
    Object.entries(next).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify((was as Record<string, unknown>)[field]),
    ),
  ) as Partial<State>;

/**
 * Saves against the version that was read. When somebody else was first, theirs is read and both are put side by side; what is made of
 * them is saved against theirs. Calling that off changes nothing: the next try meets the same conflict.
 */
export function useMergingSave<Item extends Versioned, State extends object>(saving: Saving<Item, State>) {
  const { item, stateOf, read, save, onSaved } = saving;
  const toast = useToast();
  const [base, setBase] = useState(item);
  const [met, setMet] = useState<{ conflict: Conflict<State>; theirs: Item } | null>(null);
  const mutation = useMutation<Item | null, Error, { mine: State; from: Item }>({
    mutationFn: async ({ mine, from }) => {
      try {
        return await save(mine, stateOf(from), from.version);
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.status !== 412) throw error;
        const theirs = await read();
        setMet({ theirs, conflict: { base: stateOf(from), mine, theirs: stateOf(theirs) } });
        return null;
      }
    },
  });
  const send = (mine: State, from: Item) =>
    mutation
      .mutateAsync({ mine, from })
      .then((fresh) => {
        if (!fresh) return;
        setMet(null);
        setBase(fresh);
        onSaved(fresh, from);
      })
      // It is kept in `problem`, where the form shows it; the dialog that is in front of the form does not.
      .catch((error) => met && toast.failed(error));
  return {
    base,
    /** Begins anew with what somebody else made of it, as long as nothing was changed here. */
    setBase,
    submit: (mine: State) => send(mine, base),
    merge: (merged: State) => (met ? send(merged, met.theirs) : Promise.resolve()),
    conflict: met?.conflict ?? null,
    callOff: () => setMet(null),
    pending: mutation.isPending,
    problem: mutation.error,
  };
}
