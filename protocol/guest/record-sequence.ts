// How far a place of two sectors is behind another one. Records that are appended to two sectors in turn take their sequence numbers from it: one more
// for each place, also for those that are passed over.
//
// Why: a power cut may leave a record in such a place whose bits read wrong at first and right one day. It has a lower number than what was recorded
// behind it, so it never becomes the newest again. What must stay true: the result is at least 1.

/**
 * `places`: of a sector; `newest`: twice as much where there is no record yet. At the end of the sector of `newest` the first place of the other one
 * comes next.
 */
export function placesFurther(newest: u32, place: u32, places: u32): u32 {
  assert(places != 0 && newest <= 2 * places && place < 2 * places, 'places of two sectors');
  if (newest == 2 * places) return place + 1;
  assert(place != newest, 'the newest record is never written over');
  const sector = newest / places;
  const further = place / places == sector ? place - newest : (sector + 1) * places - newest + (place % places);
  assert(further != 0 && further < 2 * places, 'a place behind the newest record');
  return further;
}
