// A profile of what a board ran, with the places of its functions in the source.
//
//   const calls = new CallProfile();
//   const device = await DeviceUnderTest.running({ calls });
//   ...
//   const file = await speedscopeOf(calls, 'my run');      JSON.stringify it, and open it in speedscope.app
//   worstCases(calls.modules)                               the longest run of each task, and the path that took it

import { sourceText } from '../../host/tools/coverage/find-map.ts';
import { functionLines } from '../../host/tools/coverage/source-blocks.ts';
import type { CallProfile } from '../../host/tools/profile/call-profile.ts';
import { type SpeedscopeFile, speedscopeFile } from '../../host/tools/profile/speedscope.ts';
import { blocksOf, type PlacesOf } from './coverage.ts';

/** `placesOf` is asked for modules that coldrig has not compiled itself. */
export async function speedscopeOf(profile: CallProfile, name: string, placesOf?: PlacesOf): Promise<SpeedscopeFile> {
  const lines = new Map(
    await Promise.all(
      profile.modules.map(
        async ({ image }) => [image.hash, functionLines(await blocksOf(image.bytes, placesOf), sourceText)] as const,
      ),
    ),
  );
  return speedscopeFile(profile, name, ({ image }, functionName) => lines.get(image.hash)?.get(functionName));
}
