// The release of the sequencers: when they are first needed. What must stay true: nobody plays without the corrections of the record in force.

import {
  readSequencerBusy,
  SEQUENCER_CONTROL_RELEASE,
  writeSequencerControl,
} from '../../protocol/guest/generated/registers';
import { forgetAttenuation } from './attenuation';
import { startClockStep } from './clock-step';
import { correctSequencers, forgetCorrections } from './corrections';
import { sequencersReleased } from './sequencers';

export function releaseSequencers(): void {
  if (sequencersReleased()) return;
  writeSequencerControl(SEQUENCER_CONTROL_RELEASE);
  assert(sequencersReleased(), 'what was released runs until the reset');
  startClockStep();
  forgetCorrections();
  forgetAttenuation();
  correctSequencers();
  assert(readSequencerBusy() == 0, 'a release starts nothing');
}
