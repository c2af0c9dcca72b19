// Image verification as its unit test sees it.

export { imageInfo } from './info';
export { parseSlot, verifySlot } from './verify';
