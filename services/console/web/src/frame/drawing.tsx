import { svgStyle } from '@dialog/script-tools/graph/svg';
import { type RefObject, useEffect } from 'react';

/** Draws a picture of ours, made without its colours, into a tree of its own below `frame`; '' draws nothing. */
export const useDrawing = (frame: RefObject<HTMLElement | null>, svg: string): void => {
  useEffect(() => {
    const root = frame.current?.shadowRoot ?? frame.current?.attachShadow({ mode: 'open' });
    if (root === undefined || svg === '') return;
    const drawn = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
    // Its colours hold in its own tree only, and the page's policy takes no style from markup.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(svgStyle);
    root.adoptedStyleSheets = [sheet];
    root.replaceChildren(document.adoptNode(drawn));
  }, [frame, svg]);
};
