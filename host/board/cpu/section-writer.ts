// Writes a module again section by section: some as they were, some with more behind their own elements. What is already there keeps
// its indices.

import type { CheckedImage } from './check.ts';
import { Reader } from './reader.ts';
import type { Section } from './sections.ts';
import type { Writer } from './writer.ts';

export class SectionWriter {
  protected readonly image: CheckedImage;
  protected readonly out: Writer;

  constructor(image: CheckedImage, out: Writer) {
    this.image = image;
    this.out = out;
  }

  protected begin(): void {
    this.out.bytesOf(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
  }

  protected section(id: number, contents: () => void): void {
    this.out.byte(id);
    this.out.sized(contents);
  }

  protected keep(id: number): void {
    const section = this.image.sections.byId[id];
    if (section) this.section(id, () => this.out.copy(this.image.bytes, section.start, section.end));
  }

  /** Writes a vector section again with more elements behind its own. */
  protected extend<T>(id: number, added: readonly T[], element: (value: T, index: number) => void): void {
    const { bytes, sections } = this.image;
    this.section(id, () => {
      const { count, start, end } = vectorOf(bytes, sections.byId[id]);
      this.out.u32(count + added.length);
      this.out.copy(bytes, start, end);
      added.forEach(element);
    });
  }
}

/** The count of a checked vector section, and where its elements are. */
function vectorOf(bytes: Uint8Array, section: Section | undefined): { count: number; start: number; end: number } {
  if (!section) return { count: 0, start: 0, end: 0 };
  const reader = new Reader(bytes, section.start, section.end);
  return { count: reader.u32('a count'), start: reader.offset, end: section.end };
}
