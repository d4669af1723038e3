-- A refund of ours is found by the gateway's number of it, also where our note at the gateway has the number of one that the books have lost.
CREATE INDEX refunds_gateway_ref ON refunds (gateway_ref) WHERE gateway_ref <> '';
