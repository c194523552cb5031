// A picture that the browser itself draws, so that none lies beside the tests.

import type { Page } from '@playwright/test';

/** A PNG from navy over orange to white. */
export async function drawPicture(page: Page, width: number, height: number): Promise<Buffer> {
  const base64 = await page.evaluate(
    ({ width, height }) => {
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const context = canvas.getContext('2d') as CanvasRenderingContext2D;
      const colours = context.createLinearGradient(0, 0, width, height);
      for (const [at, colour] of ['navy', 'orange', 'white'].entries()) colours.addColorStop(at / 2, colour);
      context.fillStyle = colours;
      context.fillRect(0, 0, width, height);
      return canvas.toDataURL('image/png').replace(/^.*,/, '');
    },
    { width, height },
  );
  return Buffer.from(base64, 'base64');
}
