-- Money at the gateway is in the books once: as a receipt that nobody has, or as what a charge of ours booked. Who books either asks here
-- first and holds the reference to the end of the transaction; the other one waits. It sees receipts of all brands, because one under a
-- reference that nobody knew is the default brand's, and answers no more than that there is one.
CREATE FUNCTION held_receipt(ref text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('gateway money ' || ref, 0));
  RETURN (SELECT u.id FROM public.unmatched_receipts u WHERE u.reference = ref AND u.state = 0 AND u.intent_id IS NULL);
END $$;
