// The door of the multiplexer's module (firmware/multiplexer): what its exports answer, and what can be asked of it.
//
//   reset()                          once, on zeroed memory
//   configure(cell, setting, value)  while it is parked                                  -> 1, or 0 when refused
//   load_(length)                    takes the table in the staging area                 -> MUX_LOAD_*
//   start(time), park(time)          executes the loaded table from a time on; leaves every cell alone
//   write(cell, code, time)          a new value, stored with the cell's next services   -> MUX_WRITE_*
//   mark(sequencer, levels, time)    the markers of a sequencer from a time on, which may lie ahead
//   use(sequencer, from, to)         it plays or acquires from one time to another, which may lie ahead
//   forget(sequencer, time)          what was announced of it for this time and later will not come
//   run(until, budget, bad)          services that begin before a time, at most so many  -> MUX_RUN_*
//   calm(bad)                        us from now on in which only services of the table happen, as planned; 0: not calm
//   ahead(until)                     services of the table that are planned before a time
//   readback(cell)                   which cell the switch connected in the service that the run ended with
//   figure(which, index)             what is known                                       -> MUX_FIGURE_*
//   place(which)                     where in its memory something is                    -> MUX_PLACE_*
//
// Times are in ns since the chip released the multiplexer, as low and high word. Whoever calls goes forward: write, start and park are at the
// time that the last run went to; mark and forget are at that time or later, and
// a use ends no earlier.
//
// `bad` is the number, from now, of the next bank change that connects the wrong cell, from 1 on. Whoever knows it allows run to pass over calm periods
// before it at once, without a readback; 0 has every service executed.
//
// Markers are numbered 4 n + m: marker m (0 to 3) of sequencer n. A pulse window is open while one of WINDOW_MARKERS is high.

import { constantTable, valuesOf } from '../constants.ts';

export const muxLoads = constantTable('MUX_LOAD', 'Why a table was taken or refused.', {
  GOOD: [0, 'It was taken'],
  SIZE: [1, 'Its length is not that of its parts, or it has more lines, cells or services than the multiplexer'],
  CRC: [2, 'The CRC-32 is not that of the bytes received'],
  HEADER: [3, 'It does not begin with the header of a table of this version'],
  CELL: [4, 'A cell does not exist, stands in it twice, is not set up, or has a line that does not exist'],
  ENTRY: [
    5,
    'A service lies outside the period, is of another line’s cell, or begins before the service in front of it has ended',
  ],
  CERTIFICATE: [6, 'The largest gap of a cell is not what the table says'],
  DEADLINE: [7, 'The largest gap of a cell is longer than it holds its voltage'],
  NOT_SERVED: [8, 'A cell of the table is never served, or a cell that is set up is not in it'],
  BUSY: [9, 'Another table waits to come into force'],
});

export const muxWrites = constantTable('MUX_WRITE', 'What became of a new value.', {
  TAKEN: [0, 'The next service stores it'],
  CELL: [1, 'There is no such cell, or it is not set up'],
  CODE: [2, 'The value is larger than the converter’s largest'],
  NO_ROOM: [3, 'So large a step drifts faster than the idle time of the table can make up for'],
});

export const muxRuns = constantTable('MUX_RUN', 'Why a run of the multiplexer ended.', {
  UNTIL: [0, 'The time it was to go to is reached'],
  SERVICE: [1, 'A service was executed, and its readback is wanted'],
  LATE: [2, 'A cell has missed its deadline'],
  BUDGET: [3, 'Its services are used up'],
});

export const muxSettings = constantTable('MUX_SETTING', 'Settings of a cell.', {
  USED: [0, 'One: it holds a voltage that must be kept'],
  TOLERANCE: [1, 'By how much it may drift between two services, in microvolts'],
  SETTLED: [2, 'Largest drift long after a step, in nV/s'],
  SEQUENCERS: [3, 'Sequencers whose pulses rely on it, one bit each'],
  READBACK: [4, 'Of all cells: one: runs end at each service, for its readback'],
  WINDOW_MARKERS: [
    5,
    'Of all cells: markers that give pulse windows, one bit each; may be set while a table is executed',
  ],
  VALUE_MARKER: [6, 'Marker whose rising edges store the next of the prepared values; 24: none'],
  VALUE_COUNT: [7, 'How many values are prepared, at most 16; the first is next'],
  VALUE: [8, 'A prepared value: its place (0 to 15) in the upper half of the word, the code in the lower'],
});

export const muxCellStates = constantTable('MUX_CELL', 'States of a cell.', {
  UNUSED: [0, 'Nobody relies on it'],
  EMPTY: [1, 'It was never served'],
  VALID: [2, 'It holds its value'],
  LATE: [3, 'It has missed its deadline, and was not served since'],
});

export const muxFigures = constantTable(
  'MUX_FIGURE',
  'What is known of the multiplexer; those with an index, of a cell.',
  {
    RUNNING: [0, 'One: a table is executed'],
    SERVICES_LOW: [1, 'Services since the release, low word'],
    SERVICES_HIGH: [2, 'High word'],
    SWITCHES_LOW: [3, 'Changes of a bank, low word'],
    SWITCHES_HIGH: [4, 'High word'],
    LATE: [5, 'Missed deadlines'],
    LATE_CELL: [6, 'Cell that missed its deadline last; 0xffff when none did'],
    SWITCH_ERRORS: [7, 'Readbacks that named another cell than the one to be served'],
    POSTPONED: [8, 'Services that waited for the end of a pulse window'],
    FORCED: [9, 'Services that could wait no longer, inside of a pulse window'],
    EXTRA: [10, 'Services beside the table: cells with a new value, and cells that were late'],
    LOAD_PLACE: [11, 'Cell, or entry, that the last table was refused for'],
    LOAD_EXCESS: [12, 'By how many us its gap is too long; at most 0xffffffff'],
    TABLES: [13, 'Tables that came into force'],
    PENDING: [14, 'One: a table waits for the moment at which it comes into force'],
    GIVEN_UP: [
      22,
      'Tables that never came into force: no moment of the one in force could be left without a cell missing its deadline',
    ],
    WINDOWS: [23, 'Pulse windows that have begun'],
    WINDOW_MARKERS: [31, 'The setting of this name'],
    MARKERS: [25, 'Markers whose edges it must be told, one bit each'],
    VALUES_STORED: [26, 'Prepared values that an edge of a marker has set'],
    VALUES_REFUSED: [27, 'Prepared values that were refused, as a write would be (MUX_WRITE_*)'],
    VALUES_CELL: [28, 'Cell of the last one that was refused; 0xffff when none was'],
    RELIED: [
      29,
      'Sequencers whose pulses rely on a cell, one bit each: of these it must be told when they play and acquire',
    ],
    FLAGGED: [
      30,
      'Those of them that did so while such a cell was late or did not hold its value, since they were armed',
    ],
    EDGES_LOST: [24, 'Edges of markers that found no room among those that are announced'],
    INVALID: [15, 'Cells that are used and not valid'],
    SERVICE_LINE: [16, 'Of the last service: line'],
    SERVICE_CELL: [17, 'Cell'],
    SERVICE_CODE: [18, 'Code stored'],
    SERVICE_TIME_LOW: [19, 'When it began, low word'],
    SERVICE_TIME_HIGH: [20, 'High word'],
    SERVICE_SPAN: [21, 'How long it took, in ns'],
    CELL_STATE: [32, 'By cell: MUX_CELL_*'],
    CELL_CODE: [33, 'By cell: its value'],
    CELL_DEADLINE: [34, 'By cell: how long it holds its value now, in us'],
    CELL_GAP: [35, 'By cell: longest time between two services so far, in us'],
    CELL_LATE: [36, 'By cell: deadlines that it missed'],
    CELL_AGE: [37, 'By cell: time since its last service, in us'],
  },
);

export const muxPlaces = constantTable('MUX_PLACE', 'Addresses in the memory of the module.', {
  STAGING: [0, 'Where a table is put to be loaded'],
  STAGING_SIZE: [1, 'Bytes there'],
  GLOBALS: [2, 'Time, counters, lines and the list of extra cells'],
  GLOBALS_SIZE: [3, 'Bytes there'],
  EDGES: [10, 'Announced edges of markers'],
  EDGES_SIZE: [11, 'Bytes of those that there are'],
  USES: [12, 'When sequencers play and acquire'],
  USES_SIZE: [13, 'Bytes there'],
  VALUES: [14, 'Prepared values of the cells'],
  VALUES_SIZE: [15, 'Bytes of those of the cells that are used'],
  CELLS: [4, 'State of the cells'],
  CELLS_SIZE: [5, 'Bytes of those that are used'],
  TABLE: [6, 'The table in force'],
  TABLE_SIZE: [7, 'Its bytes; 0: there is none'],
  NEXT: [8, 'The table that waits'],
  NEXT_SIZE: [9, 'Its bytes; 0: none waits'],
});

export const muxLimits = constantTable('MUX', 'What the cells and their converter are.', {
  CODE_MAX: [32_767, 'Largest value'],
  CODE_MICROVOLTS: [57, 'A step of the converter'],
  FRESH_DRIFT_PER_CODE: [549, 'Drift just after a step, in nV/s for each code of its size: 18 mV/s at full scale'],
  SETTLED_DRIFT: [60_000, 'Largest drift long after a step, in nV/s, in operation: 60 uV/s'],
  HALF_LIFE_MS: [24_000, 'The drift that a step leaves halves in this time: below 60 uV/s after 200 s'],
  CREDIT: [8, 'Services of a line that may wait for the end of a pulse window, as refreshes of a DRAM'],
  EXTRAS_MAX: [1024, 'Cells that are served beside the table at a time'],
  SEQUENCERS: [6, 'Sequencers whose markers it sees'],
  MARKERS: [4, 'Markers of a sequencer'],
  NO_MARKER: [24, 'No marker: the number behind the last'],
  VALUES_MAX: [16, 'Prepared values of a cell'],
  USES_MAX: [128, 'Spans in which a sequencer plays or acquires, announced at a time'],
  USE_TAIL_NS: [1000, 'A cell must hold its value for so long behind a pulse; pulses that are closer are one span'],
  EDGES_MAX: [2048, 'Edges of markers that can be announced at a time'],
});

export const MuxLoad = valuesOf(muxLoads);
export const MuxWrite = valuesOf(muxWrites);
export const MuxRun = valuesOf(muxRuns);
export const MuxSetting = valuesOf(muxSettings);
export const MuxCell = valuesOf(muxCellStates);
export const MuxFigure = valuesOf(muxFigures);
export const MuxPlace = valuesOf(muxPlaces);
export const Mux = valuesOf(muxLimits);

/** Custom section of the firmware's wasm module that holds the multiplexer's module. */
export const muxSectionName = 'coldrig.multiplexer';
