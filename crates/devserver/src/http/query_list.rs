//! Lists in a query, in all the ways in which clients write them.

/// A list in a query: repeated keys, a JSON array, or words between commas; clients use all three.
pub(super) fn list_values(values: &[String]) -> Vec<String> {
    let words = values
        .iter()
        .flat_map(|value| match serde_json::from_str::<Vec<String>>(value) {
            Ok(list) => list,
            Err(_) => value
                .split(',')
                .map(|word| word.trim().to_owned())
                .collect(),
        });
    words.filter(|word| !word.is_empty()).collect()
}
