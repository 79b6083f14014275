// Light, dark, or as the system has it: kept, and set on the document.
import { useEffect } from "react";
import { useStored } from "../api/storage.ts";
import { useStudio } from "../studio.tsx";

export type Theme = "system" | "light" | "dark";

export function useTheme(): [Theme, (theme: Theme) => void] {
  const { storage } = useStudio();
  return useStored<Theme>(storage, "theme", "system");
}

/** Once in the page: all colours are `light-dark()` pairs, which go by this. */
export function useThemeOnDocument(): void {
  const [theme] = useTheme();
  useEffect(() => {
    document.documentElement.style.colorScheme = theme === "system" ? "" : theme;
  }, [theme]);
}
