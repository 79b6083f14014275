// The graph as it is shown, for elsewhere: Mermaid text, SVG, PNG.
import { Share } from "lucide-react";
import { mermaid, exportName, svg } from "../model/graph-export.ts";
import type { Drawing } from "../model/graph.ts";
import { Menu } from "./menu.tsx";
import { useToast } from "./toast.tsx";

interface Props {
  graph: string;
  drawing: Drawing;
}

export function GraphExportMenu({ graph, drawing }: Props) {
  const toast = useToast();
  const copy = async () => {
    await navigator.clipboard.writeText(mermaid(drawing));
    toast({ name: "export", text: "The graph is copied as Mermaid" });
  };
  return (
    <Menu
      label="Export"
      icon={<Share />}
      items={[
        { label: "Copy as Mermaid", run: () => void copy() },
        { label: "Save as SVG", run: () => save(new Blob([svg(drawing)], { type: "image/svg+xml" }), exportName(graph, "svg")) },
        { label: "Save as PNG", run: () => void png(drawing).then((image) => save(image, exportName(graph, "svg").replace(/svg$/, "png"))) },
      ]}
    />
  );
}

function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Drawn by the browser itself, twice as large as on the page. */
async function png(drawing: Drawing): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(svg(drawing))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width * 2;
  canvas.height = image.height * 2;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser draws no images");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The image is too large"))), "image/png");
  });
}
