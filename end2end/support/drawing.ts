// Lets the browser draw a picture, so that the tests need no picture file.

import type { Page } from '@playwright/test';

/** Draws a gradient from navy over orange to white, as a PNG. */
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
