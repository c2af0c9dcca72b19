// How versions compare. This is the one place that says it: major, minor and revision count, in this order; the build number does not.
//
// So does MCUboot (boot_compare_version, without MCUBOOT_VERSION_CMP_USE_BUILD_NUMBER). Two builds of one version are equal: neither is an upgrade of
// the other nor a downgrade. Which of two equal images boots depends on what was requested and confirmed (decide.ts).
// The build number is shown, and nothing depends on it.

/** A version as one number that compares as versions do: major << 24 | minor << 16 | revision. */
export function versionNumber(major: u32, minor: u32, revision: u32): u32 {
  assert(major <= 0xff && minor <= 0xff, 'a byte each');
  assert(revision <= 0xffff, 'sixteen bits');
  return (major << 24) | (minor << 16) | revision;
}
