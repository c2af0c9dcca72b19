// Flash that is changed from outside: the lists of changes. Their slice is run by coverage.test.ts.

import { describe, expect, test } from 'vitest';
import { parseImage, verifyImage } from '../../../host/tools/image/index.ts';
import { device } from '../attack/specimens.ts';
import { scenarios } from './scenarios.ts';
import { newer } from './states.ts';
import { tlvMutations } from './tlv-mutations.ts';

describe('the lists are what they say', () => {
  const casesOf = (name: string) => scenarios.find((scenario) => scenario.name === name)?.cases() ?? [];

  test('every bit of an image is in them, and every length', () => {
    expect(casesOf('bits of an image, pending')).toHaveLength(newer.length * 8);
    expect(casesOf('truncations')).toHaveLength((newer.length - 1) * 3);
  });

  test('names are the names of points, so each is there once', () => {
    for (const { name, cases } of scenarios) {
      const names = cases().map((each) => each.name);
      expect(new Set(names).size, name).toBe(names.length);
    }
  });

  test('mutations change the image, and some that are signed again are good', () => {
    const mutations = tlvMutations(newer);
    expect(mutations.length).toBeGreaterThan(2000);
    const { keys, ...trust } = device;
    const verdicts = mutations.map(([name, image]) => ({ name, ...verifyImage(image, keys, trust) }));
    const good = verdicts.filter(({ ok }) => ok);
    expect(good.length).toBeGreaterThan(20);
    const hash = Buffer.from(parseImage(newer).hash ?? []);
    for (const { name, image } of good)
      if (!name.endsWith('signed again')) expect(Buffer.compare(image?.hash ?? new Uint8Array(), hash), name).toBe(0);
    expect(new Set(verdicts.map(({ reason }) => reason)).size).toBeGreaterThan(10);
  });
});
