// A log on a real NATS server keeps the same promises as the one on disk; "killed" is the server too, with SIGKILL.

import { JetStreamLog } from '../../../../host/telemetry/log/jetstream-log.ts';
import { testLogContract } from '../../../../host/telemetry/log/testing/contract.ts';
import { LiveServer } from '../../campaign/live-server.ts';
import { builtTool } from '../../interop/install.ts';

const program = await builtTool('nats-server');

if (program.path === undefined) console.log(`no log on a NATS server: ${program.missing}`);
else {
  const path = program.path;
  testLogContract('a log on a NATS server', async () => {
    const server = await LiveServer.start(path);
    const logs = new Set<JetStreamLog>();
    return {
      open: async (bytesMost = 1 << 24) => {
        const log = await JetStreamLog.open({ url: server.url }, { bytesMost });
        logs.add(log);
        return log;
      },
      kill: async (log) => {
        await server.kill();
        logs.delete(log as JetStreamLog);
        await log.close();
        await server.start();
      },
      clear: async () => {
        await Promise.allSettled([...logs].map((log) => log.close()));
        await server.end();
      },
    };
  });
}
