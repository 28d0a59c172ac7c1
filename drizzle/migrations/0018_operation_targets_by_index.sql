-- As before, but the chunk is found by its key alone. To ask each of an operation's chunks whether it reaches as far as `low` means to read
-- all of their ids: a batch late in an operation of 100,000 took twice as long as an early one. Nor are all of its items read for those of one batch. And fewer
-- ROWS: for a thousand the planner would rather read a table of 40,000 sessions whole than look each up.
CREATE OR REPLACE FUNCTION operation_targets(operation uuid, low integer, high integer, current_round integer)
RETURNS TABLE (seq integer, target_id text, planned text, args jsonb, prior text) LANGUAGE plpgsql STABLE ROWS 100 AS $$
BEGIN
  RETURN QUERY
  SELECT t.seq, t.id, t.version, t.args, i.outcome
  FROM admin_operation_chunks c CROSS JOIN LATERAL (
    SELECT c.seq_from + u.nr::integer - 1 AS seq, u.id, u.version, u.args
    FROM ROWS FROM (unnest(c.ids, c.versions), jsonb_array_elements(coalesce(c.args, '[]'))) WITH ORDINALITY AS u (id, version, args, nr)
  ) t LEFT JOIN admin_operation_items i ON i.operation_id = operation AND i.seq = t.seq AND i.seq >= low AND i.seq < high
  WHERE c.operation_id = operation AND c.seq_from = (
      SELECT max(b.seq_from) FROM admin_operation_chunks b WHERE b.operation_id = operation AND b.seq_from <= low)
    AND t.seq >= low AND t.seq < high AND (i.seq IS NULL OR (i.outcome = 'failed' AND i.round < current_round));
END $$;
--> statement-breakpoint
ALTER FUNCTION operation_reversible ROWS 100;
