//! Secrets and what people write never reach the logs.

use std::time::Duration;

use diemcau_protocol::{Command, ErrorCode};

use super::postgres;
use super::support::{AN_BINH, CHAIR, KEY_PEM, Machine, diary, token};

#[tokio::test]
async fn no_token_and_no_word_of_the_chat_is_logged() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let admin = server
        .signaling
        .admin_token(Duration::from_secs(60))
        .unwrap();
    let secret = "Bí mật: mật khẩu kho là 7-4-1";
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    chair.chat(secret).await.unwrap();
    assert_eq!(
        chair.chat(&format!("{secret} {}", "x".repeat(2_000))).await,
        Err(ErrorCode::TextTooLong)
    );
    chair
        .say_text(format!(r#"{{"type":"command","text":"{secret}""#))
        .await;
    chair.problem().await;
    let mut rogue = server.door().await;
    rogue
        .hello(&format!("{}x", token(&meeting.links[AN_BINH])), "x", None)
        .await;
    rogue.bye().await;
    chair.command(Command::Leave).await.unwrap();
    server.signaling.shutdown().await;

    let diary = diary();
    assert!(!diary.is_empty(), "something was logged");
    let mut secrets = vec![secret.to_owned(), admin];
    secrets.extend(meeting.links.iter().map(token));
    secrets.extend(KEY_PEM.lines().nth(1).map(str::to_owned));
    for secret in secrets {
        assert!(!diary.contains(&secret));
    }
}

#[tokio::test]
async fn the_password_of_the_database_is_never_logged() {
    let password = "kho-thoc-7-4-1";
    let url = postgres::database().await;
    let url = url.replace("postgres@", &format!("postgres:{password}@"));
    let machine = Machine::at(url);
    let server = machine.start().await;
    server.signaling.ready().await.unwrap();
    server.signaling.shutdown().await;
    assert!(!diary().contains(password));
}
