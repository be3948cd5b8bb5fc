/** The smallest stack of which each part can be killed; `npm run test:faults` has a larger one. */
import { testCommentsUnderFire } from "../support/comments-under-fire.ts";

testCommentsUnderFire({
  dispatchers: 2,
  gateways: 2,
  videos: 8,
  publishers: 16,
  commentsEach: 40,
});
