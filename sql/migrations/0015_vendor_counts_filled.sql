-- What was there before the counters: they are compared with the rows while others write.
SELECT vendor_recount();
