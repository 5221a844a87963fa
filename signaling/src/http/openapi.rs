//! The description of the REST interface (OpenAPI 3.1).

mod recordings;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use diemcau_protocol::{DemoPage, ProblemDetails};
use serde_json::{Value, json};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::actor::{DEVICE_COOKIE, SESSION_COOKIE};
use super::identity::{accounts, halls, me, oidc, sign_in, tokens};
use super::meetings::{guests, invitations, plan};
use super::organisation::members::{people, sites};
use super::organisation::{files, units};
use super::{
    audit, ballots, calendar, contacts, documents, line_test, meetings, reports, templates,
    webhooks, whep, whip,
};
use crate::service::Shared;

/// Everything under `/api/v1`.
#[derive(OpenApi)]
#[openapi(
    info(title = "Điểm Cầu", description = "Errors are problem documents (RFC 9457); see docs/protocol.md."),
    modifiers(&Bearer),
    components(schemas(ProblemDetails)),
    paths(
        super::web_socket, super::invitation, super::take_place, demo,
        guests::list, guests::create, guests::show, guests::revoke,
        meetings::list, plan::create, meetings::show, plan::change, plan::cancel,
        invitations::preview, invitations::selection, invitations::confirm,
        invitations::list, invitations::deliveries, templates::list, templates::create, templates::show,
        templates::change, templates::remove, contacts::show, contacts::set,
        calendar::create, calendar::remove, calendar::show,
        webhooks::list, webhooks::create, webhooks::remove, webhooks::deliveries,
        reports::attended, reports::used,
        line_test::begin, line_test::ping, line_test::down, line_test::up,
        whip::publish, whip_change, whip_end, whep::watch, whep_change, whep_end,
        units::tiers, units::set_tiers, units::list, units::create, units::show, units::change,
        units::merge, units::close,
        sites::list, sites::create, sites::show, sites::change, sites::close,
        people::list, people::create, people::show, people::change, people::close,
        documents::list, documents::add, documents::revise, documents::content,
        files::import, files::export, ballots::cast, ballots::receipt, audit::entries, audit::verification,
        sign_in::options, sign_in::sign_in, sign_in::sign_out, sign_in::first_password,
        oidc::start, oidc::callback, me::me, me::change_password, me::enrol, me::confirm, me::remove,
        me::list, me::end_one, me::end_others, tokens::list, tokens::create, tokens::remove,
        accounts::list, accounts::create, accounts::show, accounts::change, accounts::link,
        accounts::end_sessions, accounts::remove_second_factor, halls::show, halls::ask, halls::list, halls::pair,
        halls::revoke, halls::hand_over,
        recordings::list, recordings::show, recordings::file, recordings::check,
        recordings::packed, recordings::film, recordings::make_film, recordings::remove_film,
        recordings::film_file, recordings::due, recordings::keeping, recordings::hold,
        recordings::release, recordings::propose_destruction, recordings::withdraw_destruction,
        recordings::confirm_destruction,
        recordings::minutes, recordings::change, recordings::approve, recordings::reopen,
        recordings::issue, recordings::supersede, recordings::signed, recordings::preview_pdf,
        recordings::preview_docx, recordings::versions, recordings::version,
        recordings::version_file, recordings::shares, recordings::share, recordings::end_share,
        recordings::template, recordings::set_template, recordings::preview_template,
        description,
    )
)]
struct Description;

/// Every token is a bearer; who is signed in has a cookie.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        let session = ApiKey::Cookie(ApiKeyValue::new(SESSION_COOKIE));
        let device = ApiKey::Cookie(ApiKeyValue::new(DEVICE_COOKIE));
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        components.add_security_scheme("device", SecurityScheme::ApiKey(device));
        components.add_security_scheme("session", SecurityScheme::ApiKey(session));
    }
}

static DESCRIPTION: LazyLock<String> = LazyLock::new(|| {
    // What was derived from types always becomes JSON.
    let mut description = serde_json::to_value(Description::openapi()).unwrap_or_default();
    let paths = description["paths"].as_object_mut();
    for operations in paths.into_iter().flat_map(|paths| paths.values_mut()) {
        let operations = operations.as_object_mut();
        for (method, operation) in operations.into_iter().flatten() {
            add_problems(method, operation);
        }
    }
    description.to_string()
});

/// Adds the refusals that follow from what an operation takes, and says of
/// every refusal that it is a problem document.
fn add_problems(method: &str, operation: &mut Value) {
    let parameters = operation["parameters"].as_array();
    let is_in = |place: &str| {
        let mut parameters = parameters.into_iter().flatten();
        parameters.any(|parameter| parameter["in"] == place)
    };
    let has_body = !operation["requestBody"].is_null();
    let changes = method != "get";
    let is_secured = !operation["security"].is_null();
    let takes = changes || is_in("query") || is_in("header");
    let common = [
        (400, "bad input", takes),
        (401, "not known, or not any longer", is_secured),
        (403, "not allowed", is_secured),
        (
            404,
            "it, or what it names, is not there",
            changes || is_in("path"),
        ),
        (408, "the body did not come in time", has_body),
        (409, "it does not go with what is there", changes),
        (413, "the body is too large", has_body),
        (422, "it cannot be as it is asked for", changes),
        (503, "nothing can be read or stored now", true),
    ];
    let responses = operation.get_mut("responses");
    let Some(responses) = responses.and_then(Value::as_object_mut) else {
        return;
    };
    for (status, words, _) in common.into_iter().filter(|(_, _, belongs)| *belongs) {
        let response = responses.entry(status.to_string());
        response.or_insert_with(|| json!({ "description": words }));
    }
    let refusals = responses
        .iter_mut()
        .filter(|(status, _)| status.as_str() >= "400");
    for (_, response) in refusals {
        let schema = json!({ "$ref": "#/components/schemas/ProblemDetails" });
        response["content"] = json!({ "application/problem+json": { "schema": schema } });
    }
}

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/api/v1/openapi.json", get(description))
}

/// This description
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "description",
    responses((status = 200, content_type = "application/json")))]
async fn description() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DESCRIPTION.as_str())
}

/// The demonstration meeting; only there with `--demo`
#[utoipa::path(get, path = "/api/v1/demo", tag = "meetings",
    responses((status = 200, body = DemoPage), (status = 404)))]
#[expect(dead_code, reason = "served by the pages, described here")]
fn demo() {}

/// Candidates, or an ICE restart
#[utoipa::path(patch, path = "/api/v1/whip/{id}", tag = "devices",
    request_body(content = String, content_type = "application/trickle-ice-sdpfrag"),
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200), (status = 204), (status = 404), (status = 412)),
    security(("bearer" = [])))]
#[expect(dead_code, reason = "served for both protocols by one function")]
fn whip_change() {}

/// Ends the session
#[utoipa::path(delete, path = "/api/v1/whip/{id}", tag = "devices",
    params(("id" = String, Path)), responses((status = 200), (status = 404)),
    security(("bearer" = [])))]
#[expect(dead_code, reason = "served for both protocols by one function")]
fn whip_end() {}

/// Candidates, or an ICE restart
#[utoipa::path(patch, path = "/api/v1/whep/{id}", tag = "devices",
    request_body(content = String, content_type = "application/trickle-ice-sdpfrag"),
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200), (status = 204), (status = 404), (status = 412)),
    security(("bearer" = [])))]
#[expect(dead_code, reason = "served for both protocols by one function")]
fn whep_change() {}

/// Ends the session
#[utoipa::path(delete, path = "/api/v1/whep/{id}", tag = "devices",
    params(("id" = String, Path)), responses((status = 200), (status = 404)),
    security(("bearer" = [])))]
#[expect(dead_code, reason = "served for both protocols by one function")]
fn whep_end() {}
