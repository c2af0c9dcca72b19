// Alerts that an Alertmanager tells by its webhook (version 4 of that JSON), for the gate `alerts`.
//
//   POST /alerts ──token──> groups of alerts that fire ──on the disk──> 200            Watchdog, again and again ──> Alertmanager is there
//
// What must stay true: it is answered when what it told is on the disk, so after a restart nothing that fires is forgotten; an Alertmanager that was not heard
// for five minutes is no word that nothing fires; a group that was told in part is not taken for the whole.

import { timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { alertInbox } from '../../../protocol/fleet/ddi.ts';
import { writeDurably } from '../../links/whole-file.ts';
import type { Time } from '../../telemetry/time.ts';
import { DdiError, JsonPlace } from '../ddi/json.ts';
import { tokenHash } from '../ddi/server.ts';
import { type Asked, problem, type Told, told } from '../http.ts';
import { type Labels, pagesIn, type Readings, type ReadingsSource } from './readings.ts';

export interface AlertInboxOptions {
  /** File of what fires. */
  path: string;
  /** What the webhook shows as `Authorization: Bearer`. */
  token: string;
  time: Time;
  /** Puts somebody who does not know it on record. */
  refuse: (source: string, reason: string) => Promise<void>;
}

/** Alerts of a group that fire, by the key of the group. */
type Groups = Record<string, Labels[]>;

const { path, watchdog, silenceSeconds } = alertInbox;
const most = { groups: 10_000, alerts: 10_000, labels: 64, text: 1_024 };

export class AlertInbox {
  private readonly options: AlertInboxOptions;
  private groups: Map<string, Labels[]>;
  private heardMs: number | undefined;

  /** Throws where the file is there, and is none of its own. */
  constructor(options: AlertInboxOptions) {
    this.options = options;
    this.groups = new Map(Object.entries(existsSync(options.path) ? groupsIn(options.path) : {}));
  }

  /** Undefined: the path is another's. */
  async answer(asked: Asked): Promise<Told | undefined> {
    if (asked.path !== path) return undefined;
    const { token, refuse, time } = this.options;
    const [, shown] = /^Bearer (\S{1,256})$/.exec(asked.headers.authorization ?? '') ?? [];
    const isIt = shown !== undefined && timingSafeEqual(Buffer.from(tokenHash(shown)), Buffer.from(tokenHash(token)));
    if (!isIt) {
      await refuse(asked.source, shown === undefined ? 'it shows no token' : 'its token is another');
      return problem(401, "send 'Authorization: Bearer …' with the token of the alerts, which the server has made");
    }
    if (asked.method !== 'POST') return problem(405, `${path} takes what a webhook of Alertmanager posts`);
    try {
      this.take(JsonPlace.parse(asked.body, 'the notification'));
    } catch (error) {
      if (error instanceof DdiError) return problem(400, error.message);
      throw error;
    }
    this.heardMs = time.monotonicMs();
    return told(200, {});
  }

  /** Alerts that page somebody and fire; or why that is not known. */
  alerts(): Readings['alerts'] {
    const silentMs = this.heardMs === undefined ? undefined : this.options.time.monotonicMs() - this.heardMs;
    if (silentMs === undefined) return { missing: `alerts: Alertmanager was not heard since this server started` };
    if (silentMs > silenceSeconds * 1_000)
      return { missing: `alerts: Alertmanager was not heard for ${Math.round(silentMs / 1_000)} s` };
    return pagesIn([...this.groups.values()].flat());
  }

  private take(body: JsonPlace): void {
    body.need('version').oneOf(['4']);
    const key = body.need('groupKey').text(4 * most.text);
    const truncated = body.get('truncatedAlerts')?.integer(0, Number.MAX_SAFE_INTEGER) ?? 0;
    if (truncated > 0)
      throw new DdiError(
        `the notification: ${truncated} alerts of group ${key} are left out; set max_alerts of the webhook to 0`,
      );
    const firing = body
      .need('alerts')
      .list(most.alerts)
      .flatMap((alert): Labels[] => {
        const labels = labelsIn(alert.need('labels'));
        return alert.need('status').oneOf(['firing', 'resolved']) === 'firing' ? [labels] : [];
      });
    // It says that somebody is there, and nothing else.
    if (firing.length > 0 && firing.every(({ alertname }) => alertname === watchdog)) return;
    if (!this.groups.has(key) && this.groups.size >= most.groups)
      throw new DdiError(`the notification: there are ${most.groups} groups that fire already`);
    const groups = new Map(this.groups);
    if (firing.length > 0) groups.set(key, firing);
    else if (!groups.delete(key)) return;
    writeDurably(this.options.path, `${JSON.stringify({ groups: Object.fromEntries(groups) })}\n`, 0o600);
    this.groups = groups;
  }
}

/** A source whose alerts are those of the inbox; without a source there are no other readings. */
export function withInbox(source: ReadingsSource | undefined, inbox: AlertInbox): ReadingsSource {
  return {
    async read(seconds, signal) {
      const others = (await source?.read(seconds, signal)) ?? nothing;
      return { ...others, alerts: inbox.alerts() };
    },
  };
}

const nothing: Readings = {
  ...{ temperatureKelvin: new Map(), powerWatts: new Map(), snrDecibel: new Map(), heartbeatAgoMs: new Map() },
  alerts: [],
};

const labelsIn = (labels: JsonPlace): Labels =>
  Object.fromEntries(labels.entries(most.labels).map(([name, value]) => [name, value.text(most.text)]));

function groupsIn(file: string): Groups {
  try {
    const place = JsonPlace.parse(readFileSync(file, 'utf8'), file).need('groups');
    return Object.fromEntries(
      place.entries(most.groups).map(([key, alerts]) => [key, alerts.list(most.alerts).map(labelsIn)]),
    );
  } catch {
    // Told below.
  }
  throw new Error(`${file} is not what this server wrote of alerts; remove it when no alert fires`);
}
