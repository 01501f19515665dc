// Elements made from names, attributes and children. Children that are text become text nodes, never markup: names of
// hosts and networks are bytes of others.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/** An element. An attribute that is a function listens: {onclick: f}; one that is null or false is not set. */
export function el(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Nodes with a text between each two. */
export function joined(nodes, between) {
  return nodes.flatMap((node, i) => (i ? [between, node] : [node]));
}
