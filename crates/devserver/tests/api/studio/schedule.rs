//! `GET /lgx/schedule`: the page shows when a cron would fire while its schedule is typed.

use lgx_testkit::TestServer;
use serde_json::json;

use super::page;

#[tokio::test]
async fn the_next_five_times_are_in_the_zone_of_the_schedule() {
    let server = TestServer::start().await;
    let told = page(&server)
        .get("/lgx/schedule?schedule=30+9+1+1+*&timezone=Asia%2FKolkata")
        .await
        .ok();
    let next = told["next"].as_array().unwrap();
    assert_eq!(next.len(), 5);
    for time in next {
        let time = time.as_str().unwrap();
        assert!(time.contains("-01-01T04:00:00"), "{time}");
    }
}

#[tokio::test]
async fn nothing_is_due_from_the_end_on() {
    let server = TestServer::start().await;
    let told = page(&server)
        .get("/lgx/schedule?schedule=@daily&end_time=2020-01-01")
        .await;
    assert_eq!(told.ok(), json!({"next": []}));
}

#[tokio::test]
async fn what_is_no_schedule_is_refused_in_the_words_of_crons() {
    let server = TestServer::start().await;
    for (query, status, words) in [
        ("schedule=hourly", 422, "Invalid cron schedule: 'hourly'"),
        (
            "schedule=@daily&timezone=Mars",
            422,
            "Invalid timezone: 'Mars'",
        ),
        (
            "schedule=@daily&end_time=soon",
            422,
            "Invalid end_time: 'soon'",
        ),
        ("schedule=0+0+30+2+*", 400, "has no date in the future"),
        ("timezone=UTC", 422, "schedule"),
    ] {
        let answer = page(&server).get(format!("/lgx/schedule?{query}")).await;
        let detail = answer.refused(status);
        assert!(detail.contains(words), "{query}: {detail}");
    }
}
