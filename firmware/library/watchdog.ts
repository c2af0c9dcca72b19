// The watchdog, which the bootloader starts before the firmware runs. Add a task that runs `runWatchdog` every 100 ms: it feeds the watchdog while
// all tasks meet their deadlines, so a task that hangs resets the chip after one second.

export { runWatchdog, watchdogFeeds, watchdogFeedsWithheld } from '../kernel/watchdog';
