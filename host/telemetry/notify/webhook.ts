// A notification as Alertmanager posts it to a webhook (version 4 of that JSON), so that what takes those takes ours: pagers, chats, scripts.
//
// What must stay true: groupKey and fingerprints are those that an Alertmanager with our configuration gives (hil/test/interop/alertmanager.interop.ts compares them), so
// a receiver that knows an incident by them knows it from either.

import type { Notification, PresentAlert } from '../monitoring/notification.ts';

type Labels = Readonly<Record<string, string>>;

export interface WebhookAlert {
  status: 'firing' | 'resolved';
  labels: Labels;
  annotations: Labels;
  startsAt: string;
  endsAt: string;
  generatorURL: string;
  fingerprint: string;
}

export interface WebhookBody {
  version: '4';
  groupKey: string;
  truncatedAlerts: number;
  status: 'firing' | 'resolved';
  receiver: string;
  groupLabels: Labels;
  commonLabels: Labels;
  commonAnnotations: Labels;
  externalURL: string;
  alerts: WebhookAlert[];
}

/** How an alert that has no end says so. */
const noEnd = '0001-01-01T00:00:00Z';
const timeOf = (seconds: number) => new Date(seconds * 1000).toISOString();

/** `address`: of the page, with a slash at its end. */
export function webhookBody(
  { severity, groupLabels, alerts, ended, seconds }: Notification,
  address: string,
): WebhookBody {
  const all = [
    ...alerts.map((alert) => webhookAlert(alert, address)),
    ...ended.map((alert) => webhookAlert(alert, address, seconds)),
  ];
  return {
    ...{ version: '4', groupKey: `{}/{severity="${severity}"}:${labelText(groupLabels)}`, truncatedAlerts: 0 },
    ...{ status: alerts.length > 0 ? 'firing' : 'resolved', receiver: severity, groupLabels },
    commonLabels: common(all.map(({ labels }) => labels)),
    commonAnnotations: common(all.map(({ annotations }) => annotations)),
    ...{ externalURL: address, alerts: all },
  };
}

function webhookAlert(alert: PresentAlert, address: string, endSeconds?: number): WebhookAlert {
  const { labels, summary, runbook, sinceSeconds, cryostat, device, changed } = alert;
  const board = new URLSearchParams({
    ...{ board: device === undefined ? 'on-call' : 'debug', cryostat },
    ...(device !== undefined && { device }),
  });
  return {
    status: endSeconds === undefined ? 'firing' : 'resolved',
    labels,
    annotations: {
      ...{ summary, runbook_url: `${address}runbooks/${runbook}` },
      ...(changed.image !== undefined && { image: changed.image }),
      ...(changed.updateSeconds !== undefined && { last_update: timeOf(changed.updateSeconds) }),
      ...(changed.calibrationSeconds !== undefined && { last_calibration: timeOf(changed.calibrationSeconds) }),
    },
    startsAt: timeOf(sinceSeconds),
    endsAt: endSeconds === undefined ? noEnd : timeOf(endSeconds),
    generatorURL: `${address}?${board}`,
    fingerprint: fingerprintOf(labels),
  };
}

const sorted = (labels: Labels) => Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));

const labelText = (labels: Labels) =>
  `{${sorted(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')}}`;

/** What all have alike. */
function common(all: readonly Labels[]): Labels {
  const [first = {}, ...others] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((other) => other[name] === value)),
  );
}

const fnvOffset = 14_695_981_039_346_656_037n;
const fnvPrime = 1_099_511_628_211n;
/** Between names and values: no byte of UTF-8. */
const separator = Uint8Array.of(0xff);

/** FNV-1a of 64 bits over names and values in the order of the names. */
function fingerprintOf(labels: Labels): string {
  let hash = fnvOffset;
  for (const [name, value] of sorted(labels))
    for (const bytes of [Buffer.from(name), separator, Buffer.from(value), separator])
      for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * fnvPrime);
  return hash.toString(16).padStart(16, '0');
}
