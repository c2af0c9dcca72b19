// Time: nanoseconds since reset. The core has 250 million cycles a second, 4 ns each.

export * from '../../protocol/guest/clock';
