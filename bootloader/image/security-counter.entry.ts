// The security counter as its unit test sees it: with the burns it is made of.

export { burnWait } from '../../protocol/guest/fuse-burn';
export { advanceCounter, counterBusy, counterFits, securityCounter, startCounter } from './security-counter';
