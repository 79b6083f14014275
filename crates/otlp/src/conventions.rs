//! The one place that names things in spans: every attribute, every operation, and the version of the conventions that they are of.
//!
//! They are those of the semantic conventions of OpenTelemetry, of the last version that has the ones for generative AI in it; later ones have
//! moved these to a repository of their own, which has no numbered schema. What the conventions do not know, a graph's tasks and a
//! server's runs, is named `langgraph.` and `lgx.`. Going to another version: change this file, and see what `tests/` of it says.

/// The version that the names are of.
pub const VERSION: &str = "1.41.0";
/// The same, as receivers want it.
pub const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.41.0";

/// What a span is about.
pub(crate) mod operation {
    pub(crate) const INVOKE_AGENT: &str = "invoke_agent";
    pub(crate) const CHAT: &str = "chat";
    pub(crate) const TEXT_COMPLETION: &str = "text_completion";
    pub(crate) const EXECUTE_TOOL: &str = "execute_tool";
    pub(crate) const RETRIEVAL: &str = "retrieval";
}

pub(crate) const OPERATION_NAME: &str = "gen_ai.operation.name";
pub(crate) const PROVIDER_NAME: &str = "gen_ai.provider.name";
pub(crate) const CONVERSATION_ID: &str = "gen_ai.conversation.id";
pub(crate) const AGENT_ID: &str = "gen_ai.agent.id";
pub(crate) const AGENT_NAME: &str = "gen_ai.agent.name";
pub(crate) const ERROR_TYPE: &str = "error.type";

pub(crate) const REQUEST_MODEL: &str = "gen_ai.request.model";
pub(crate) const REQUEST_STREAM: &str = "gen_ai.request.stream";
pub(crate) const REQUEST_STOP_SEQUENCES: &str = "gen_ai.request.stop_sequences";
/// Parameters that are numbers: as langchain names them, and as the conventions do. The first of a name that is there counts.
pub(crate) const REQUEST_NUMBERS: [(&str, &str, Number); 12] = [
    (
        "temperature",
        "gen_ai.request.temperature",
        Number::Fraction,
    ),
    ("top_p", "gen_ai.request.top_p", Number::Fraction),
    ("top_k", "gen_ai.request.top_k", Number::Fraction),
    (
        "frequency_penalty",
        "gen_ai.request.frequency_penalty",
        Number::Fraction,
    ),
    (
        "presence_penalty",
        "gen_ai.request.presence_penalty",
        Number::Fraction,
    ),
    ("max_tokens", "gen_ai.request.max_tokens", Number::Whole),
    (
        "max_completion_tokens",
        "gen_ai.request.max_tokens",
        Number::Whole,
    ),
    (
        "max_output_tokens",
        "gen_ai.request.max_tokens",
        Number::Whole,
    ),
    ("num_predict", "gen_ai.request.max_tokens", Number::Whole),
    ("n", "gen_ai.request.choice.count", Number::Whole),
    (
        "candidate_count",
        "gen_ai.request.choice.count",
        Number::Whole,
    ),
    ("seed", "gen_ai.request.seed", Number::Whole),
];

/// What kind of number an attribute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    Whole,
    Fraction,
}

pub(crate) const RESPONSE_ID: &str = "gen_ai.response.id";
pub(crate) const RESPONSE_MODEL: &str = "gen_ai.response.model";
pub(crate) const RESPONSE_FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
pub(crate) const RESPONSE_TIME_TO_FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";
pub(crate) const USAGE_INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
pub(crate) const USAGE_OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
/// Parts of the tokens: where langchain's `usage_metadata` has them, and as the conventions name them.
pub(crate) const USAGE_DETAILS: [(&str, &str); 3] = [
    (
        "/usage_metadata/input_token_details/cache_read",
        "gen_ai.usage.cache_read.input_tokens",
    ),
    (
        "/usage_metadata/input_token_details/cache_creation",
        "gen_ai.usage.cache_creation.input_tokens",
    ),
    (
        "/usage_metadata/output_token_details/reasoning",
        "gen_ai.usage.reasoning.output_tokens",
    ),
];

pub(crate) const TOOL_NAME: &str = "gen_ai.tool.name";
pub(crate) const TOOL_TYPE: &str = "gen_ai.tool.type";
pub(crate) const TOOL_TYPE_FUNCTION: &str = "function";
pub(crate) const TOOL_CALL_ID: &str = "gen_ai.tool.call.id";

/// What is only sent if it is asked for: people write it.
pub(crate) mod content {
    pub(crate) const INPUT_MESSAGES: &str = "gen_ai.input.messages";
    pub(crate) const OUTPUT_MESSAGES: &str = "gen_ai.output.messages";
    pub(crate) const TOOL_DEFINITIONS: &str = "gen_ai.tool.definitions";
    pub(crate) const TOOL_CALL_ARGUMENTS: &str = "gen_ai.tool.call.arguments";
    pub(crate) const TOOL_CALL_RESULT: &str = "gen_ai.tool.call.result";
    pub(crate) const RETRIEVAL_QUERY_TEXT: &str = "gen_ai.retrieval.query.text";
    pub(crate) const RETRIEVAL_DOCUMENTS: &str = "gen_ai.retrieval.documents";
}

/// Tasks of a graph.
pub(crate) mod task {
    pub(crate) const NODE: &str = "langgraph.node";
    pub(crate) const STEP: &str = "langgraph.step";
    pub(crate) const ID: &str = "langgraph.task.id";
    pub(crate) const STATUS: &str = "langgraph.task.status";
    pub(crate) const NAMESPACE: &str = "langgraph.checkpoint.ns";
}

/// Runs of a server, and what it recorded of them.
pub(crate) mod run {
    pub(crate) const ID: &str = "lgx.run.id";
    pub(crate) const STATUS: &str = "lgx.run.status";
    pub(crate) const ATTEMPT: &str = "lgx.run.attempt";
    pub(crate) const GENERATION: &str = "lgx.generation";
    pub(crate) const STEPS_DROPPED: &str = "lgx.run.steps.dropped";
    pub(crate) const CALLS_DROPPED: &str = "lgx.run.calls.dropped";
    pub(crate) const CALL_ID: &str = "lgx.call.id";
    pub(crate) const CONTENT_CUT: &str = "lgx.call.content.cut";
}

/// What sends the spans.
pub(crate) mod resource {
    pub(crate) const SERVICE_NAME: &str = "service.name";
    pub(crate) const SDK_NAME: &str = "telemetry.sdk.name";
    pub(crate) const SDK_LANGUAGE: &str = "telemetry.sdk.language";
    pub(crate) const SDK_VERSION: &str = "telemetry.sdk.version";
}

/// What runs graphs, where a model's provider would be named.
pub(crate) const LANGGRAPH: &str = "langgraph";

/// Who provides a model: langchain's word for it as the conventions have it. Others go by the word that they have.
pub(crate) fn provider(of_langchain: &str) -> &str {
    match of_langchain {
        "azure" | "azure_openai" => "azure.ai.openai",
        "azure_ai" => "azure.ai.inference",
        "amazon_bedrock" | "bedrock" | "bedrock_converse" => "aws.bedrock",
        "google_genai" => "gcp.gemini",
        "google_vertexai" | "google_anthropic_vertex" => "gcp.vertex_ai",
        "ibm" | "watsonx" => "ibm.watsonx.ai",
        "mistral" | "mistralai" => "mistral_ai",
        "xai" => "x_ai",
        other => other,
    }
}

/// Who says what in a conversation.
pub(crate) fn role(of_langchain: &str) -> &str {
    match of_langchain {
        "human" | "HumanMessageChunk" => "user",
        "ai" | "AIMessageChunk" => "assistant",
        "SystemMessageChunk" | "developer" => "system",
        "function" | "ToolMessageChunk" => "tool",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_that_of_the_version() {
        // Who changes this looks at the golden spans too, and at docs/tracing.md.
        assert_eq!(VERSION, "1.41.0");
        assert!(SCHEMA_URL.ends_with(VERSION));
    }

    #[test]
    fn providers_that_the_conventions_know_have_their_names() {
        for (given, expected) in [
            ("openai", "openai"),
            ("azure", "azure.ai.openai"),
            ("amazon_bedrock", "aws.bedrock"),
            ("xai", "x_ai"),
            ("ollama", "ollama"),
        ] {
            assert_eq!(provider(given), expected);
        }
    }
}
