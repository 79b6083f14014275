// The decorator that says with what type something was written; does something if reflect-metadata is loaded.
(key, value) => (typeof Reflect.metadata === "function" ? Reflect.metadata(key, value) : undefined)
