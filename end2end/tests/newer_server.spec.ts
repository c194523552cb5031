// Tests a page whose program is no longer on the server, as after an update of the server.

import { createRoom, standsInRoom } from '../support/room';
import { answered, expect, test } from '../support/test';

test('a room whose program cannot be loaded is opened by a page of the server', async ({ device }) => {
  const owner = await device('desktop', { noise: [...answered(404, /\/pkg\//), { text: /./, url: /\/pkg\// }] });
  let refused = 0;
  await owner.route(/\/pkg\/split_/, async (route) => {
    refused += 1;
    await (refused === 1 ? route.fulfill({ status: 404, body: '' }) : route.continue());
  });
  await createRoom(owner);
  await standsInRoom(owner);
  expect(refused).toBeGreaterThan(1);
});
