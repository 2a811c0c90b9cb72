// Package cache keeps ledger records near their readers: L1 in process, L2 Redis. It is never a source of truth.
//
//	c, err := cache.New(cache.Options{L2: redis, Key: key, Namespace: league, StartHeight: head.Height})
//	go ledger.Watch(ctx, func(s app.Summary) { c.Invalidate(s.Height, s.Changed) })
//	value, height, err := c.Get(ctx, "doc/"+id, exec.SubjectDID(id), readFromLedger)
//
// Why an answer is right whatever Redis does:
//
//   - Every entry carries the height at which it was read. A replica remembers, per shard of subjects, the height of
//     the last change it has seen (a floor, which begins at the height the replica started at), and uses an entry only
//     if its height is not below the floor. So what was flushed, replayed or written late is a miss.
//   - An entry in L2 carries an HMAC over key, subject, height and value, with a key that only the replicas of the
//     center share. So what someone else wrote is a miss.
//   - A slow or absent Redis is cut off after a few failures and tried again now and then, by one request at a time.
//
// Verdicts are never cached: documents, lists and signatures are.
package cache
