// What an agent reports of its device: what that is and runs, and what the agent is about.

import { ddiLimits } from '../../../protocol/fleet/ddi.ts';
import type { DdiClient } from '../ddi/client.ts';
import { begunAttribute, doorAttribute, heldAttribute } from '../rollout/attributes.ts';
import { attributesOf, type DeviceFacts } from './device.ts';

export class Report {
  /** What it has begun, for the agent that may come after it. */
  begun: string | undefined;
  /** What the door has said last. */
  atDoor: string | undefined;
  /** Which action it has not begun, and why: the metadata of what is offered is not trusted, or cannot be reached. */
  held: string | undefined;
  private readonly server: DdiClient;
  private told = '';

  constructor(server: DdiClient) {
    this.server = server;
  }

  /** The server wants to hear all of it again. */
  forget(): void {
    this.told = '';
  }

  /** Tells the server, when something has changed. */
  async tell(facts: DeviceFacts, signal: AbortSignal): Promise<void> {
    const { begun, atDoor, held } = this;
    const attributes = {
      ...attributesOf(facts),
      ...(begun !== undefined && { [begunAttribute]: begun }),
      ...(atDoor !== undefined && { [doorAttribute]: atDoor.slice(0, ddiLimits.attributeCharacters) }),
      ...(held !== undefined && { [heldAttribute]: held.slice(0, ddiLimits.attributeCharacters) }),
    };
    const text = JSON.stringify(attributes);
    if (text === this.told) return;
    await this.server.report(attributes, signal);
    this.told = text;
  }
}
