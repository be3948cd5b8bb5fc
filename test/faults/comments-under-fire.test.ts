/** As in `npm test`, with more of everything. */
import { testCommentsUnderFire } from "../support/comments-under-fire.ts";

testCommentsUnderFire({
  dispatchers: 4,
  gateways: 3,
  videos: 20,
  publishers: 50,
  commentsEach: 60,
});
