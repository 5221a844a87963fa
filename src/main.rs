//! The command line of Điểm Cầu.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use diemcau::config::{self, BALLOTS_ADVICE, ConfigError, Loaded, Overrides};
use diemcau::folder::Layout;
use diemcau::load::LoadArgs;
use diemcau::probe::{Fit, Language, ProbeArgs};
use diemcau::selftest::{self, SelfTestArgs};
use diemcau::serve::{Notice, administrator_path, page_addresses};
use diemcau::verify::VerifyArgs;
use diemcau::{addresses, backup, demo, limits, logging, serve, verify};
use tokio::signal::unix::{SignalKind, signal};

/// How long a load may take, at most.
const LOAD_TOKEN_LIFE: Duration = Duration::from_secs(3_600);

/// Điểm Cầu: video conferencing for government meetings, on your own machines
#[derive(Parser)]
#[command(name = "diemcau", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything in this process
    Serve(Overrides),
    /// Check the settings and show which of them count
    CheckConfig(Overrides),
    /// Let synthetic sites join a running server, and report how that went
    Load {
        #[command(flatten)]
        args: LoadArgs,
        /// The server's data folder, for the key that signs the links
        #[arg(long, default_value = "data")]
        data_dir: PathBuf,
    },
    /// Test the line from here to a server, and what it is fit for
    Probe(ProbeArgs),
    /// Test everything on this machine: a meeting of synthetic sites is held,
    /// recorded, put into minutes and verified
    Selftest(SelfTestArgs),
    /// Publish a camera or a file in a meeting, from a hall
    #[cfg(feature = "bridge")]
    Bridge(diemcau::bridge::BridgeArgs),
    /// Verify the archive of a meeting, offline
    Verify(VerifyArgs),
    /// Tools of the administrator
    #[command(subcommand)]
    Admin(AdminCommand),
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Make a link that lets its holder administer the server
    Token {
        /// How long the link is good, in hours
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=168))]
        hours: u64,
        #[command(flatten)]
        overrides: Overrides,
    },
    /// Print the public keys that verify this server's archives
    ArchiveKey {
        /// Make a new key first; public keys from before are kept. The server
        /// must not run
        #[arg(long)]
        replace: bool,
        #[command(flatten)]
        overrides: Overrides,
    },
    /// Make a key that opens encrypted archives, and print it as an identity
    /// file; its public key stands in the first line
    ArchiveIdentity,
    /// Put a server, which may run, into a new file; it holds the secret keys, too
    Backup {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        overrides: Overrides,
    },
    /// Take a server out of such a file, into a data folder that is not there
    Restore {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        overrides: Overrides,
    },
}

fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let given = innermost(&matches);
    let result = match &cli.command {
        Command::Serve(overrides) => run_server(overrides, given),
        Command::CheckConfig(overrides) => check_config(overrides, given),
        Command::Load { args, data_dir } => put_load(args, data_dir),
        Command::Probe(args) => probe_line(args),
        Command::Verify(args) => return verify_archive(args),
        Command::Selftest(args) => return test_this_machine(args),
        #[cfg(feature = "bridge")]
        Command::Bridge(args) => run_bridge(args),
        Command::Admin(AdminCommand::Token { hours, overrides }) => {
            administrator_link(*hours, overrides, given)
        }
        Command::Admin(AdminCommand::ArchiveKey { replace, overrides }) => {
            archive_key(*replace, overrides, given)
        }
        Command::Admin(AdminCommand::ArchiveIdentity) => {
            print!("{}", diemcau_recorder::Identity::generate());
            Ok(())
        }
        Command::Admin(AdminCommand::Backup { file, overrides }) => back_up(file, overrides, given),
        Command::Admin(AdminCommand::Restore { file, overrides }) => {
            restore(file, overrides, given)
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            explain(&error);
            ExitCode::FAILURE
        }
    }
}

/// The matches of the subcommand that was called.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    match matches.subcommand() {
        Some((_, inner)) => innermost(inner),
        None => matches,
    }
}

fn explain(error: &anyhow::Error) {
    match error.downcast_ref::<ConfigError>() {
        Some(problems) => eprint!("{problems}"),
        None => eprintln!("error: {error:#}"),
    }
}

fn load(overrides: &Overrides, given: &ArgMatches) -> Result<Loaded, ConfigError> {
    config::load(overrides.config.as_deref(), overrides, given)
}

fn check_config(overrides: &Overrides, given: &ArgMatches) -> anyhow::Result<()> {
    let loaded = load(overrides, given)?;
    let mut out = std::io::stdout().lock();
    for setting in &loaded.effective {
        writeln!(
            out,
            "{} = {}  ({})",
            setting.name, setting.value, setting.place
        )?;
    }
    writeln!(out, "The settings are in order.")?;
    Ok(())
}

fn run_server(overrides: &Overrides, given: &ArgMatches) -> anyhow::Result<()> {
    let settings = load(overrides, given)?.settings;
    logging::start(&settings.log)?;
    limits::open_all_files();
    runtime()?.block_on(async {
        let stop = stop_signal().context("cannot listen for signals")?;
        serve::serve(settings, stop, |notice| {
            // A closed standard output does not stop the server.
            let _ = print_notice(notice);
        })
        .await?;
        Ok(())
    })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}

/// Ready at the first SIGINT or SIGTERM; the second ends the process at once.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (asked, wait) = tokio::sync::oneshot::channel::<()>();
    tokio::spawn(async move {
        let mut asked = Some(asked);
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            match asked.take() {
                Some(asked) => drop(asked),
                None => std::process::exit(1),
            }
        }
    });
    Ok(async move {
        // An error means that the sender was dropped, which is the signal.
        let _ = wait.await;
    })
}

fn print_notice(notice: &Notice) -> std::io::Result<()> {
    let stdout = std::io::stdout();
    let shown_to_a_person = stdout.is_terminal();
    let mut out = stdout.lock();
    let nearest = notice.addresses.first().map_or("", String::as_str);
    writeln!(out, "Điểm Cầu {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "  data folder    {}", notice.data_dir.display())?;
    if let Some(ballots) = &notice.ballots {
        writeln!(out, "  ballots        {}", ballots.display())?;
        writeln!(out, "                 ({BALLOTS_ADVICE})")?;
    }
    if let Some(authority) = &notice.authority {
        writeln!(out, "  authority      {}", authority.display())?;
        writeln!(
            out,
            "                 (install this certificate on the clients)"
        )?;
    }
    if notice.loopback_only {
        writeln!(
            out,
            "  warning        no address of this machine was found: other machines"
        )?;
        writeln!(
            out,
            "                 need --public-ip to send and receive sound and picture"
        )?;
    }
    for address in &notice.addresses {
        writeln!(out, "  open           {address}/")?;
    }
    if shown_to_a_person {
        writeln!(out, "  administrator  {nearest}{}", notice.administrator)?;
    } else {
        let folder = notice.data_dir.display();
        writeln!(out, "  administrator  make a link with:")?;
        writeln!(
            out,
            "                 diemcau admin token --data-dir {folder}"
        )?;
    }
    if let Some(page) = &notice.demo {
        writeln!(
            out,
            "\nDemonstration, on this machine only (loopback): {}",
            page.title
        )?;
        for link in &page.links {
            let name = link.name.as_deref().unwrap_or("…");
            writeln!(out, "  {}, {name}", demo::role_name(link.role))?;
            writeln!(out, "    {nearest}{}", link.path)?;
        }
        writeln!(out, "\nAll links on one page: {nearest}/")?;
    }
    writeln!(out, "Ready.")?;
    out.flush()
}

fn put_load(args: &LoadArgs, data_dir: &Path) -> anyhow::Result<()> {
    let token = administrator_token(data_dir, LOAD_TOKEN_LIFE)?;
    let mut line = ProgressLine::default();
    let run = diemcau::load::run(args, &token, |progress| line.show(progress));
    let report = runtime()?.block_on(run)?;
    line.end();
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{report}");
    }
    let missing = u64::from(args.sites) - report.joined;
    anyhow::ensure!(
        missing == 0,
        "{missing} of {} sites did not get in",
        args.sites
    );
    let dropped = report.dropped_out;
    anyhow::ensure!(
        dropped == 0,
        "{dropped} of {} sites dropped out",
        args.sites
    );
    Ok(())
}

fn probe_line(args: &ProbeArgs) -> anyhow::Result<()> {
    let language = args.lang.unwrap_or_else(Language::of_surroundings);
    let run = diemcau::probe::run(args, |step| eprintln!("{}", language.step(step)));
    let report = runtime()?.block_on(run)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("\n{}", report.text(language));
    }
    anyhow::ensure!(
        report.verdict.fit > Fit::Nothing,
        "the line is not fit for a meeting"
    );
    Ok(())
}

/// One line on a terminal that is written again and again; elsewhere a line
/// now and then.
#[derive(Default)]
struct ProgressLine {
    told: Option<u64>,
}

impl ProgressLine {
    fn show(&mut self, progress: &diemcau::load::Progress) {
        let mut out = std::io::stderr().lock();
        // Nobody reads it, then.
        let _ = if out.is_terminal() {
            write!(out, "\r\x1b[K{progress}").and_then(|()| out.flush())
        } else {
            let second = progress.elapsed.as_secs();
            if self.told.replace(second) == Some(second) {
                return;
            }
            writeln!(out, "{progress}")
        };
    }

    fn end(&self) {
        let mut out = std::io::stderr().lock();
        if out.is_terminal() {
            let _ = writeln!(out);
        }
    }
}

#[cfg(feature = "bridge")]
fn run_bridge(args: &diemcau::bridge::BridgeArgs) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        let stop = stop_signal().context("cannot listen for signals")?;
        // A closed standard output does not stop the bridge.
        let print = |line: &str| {
            let _ = writeln!(std::io::stdout().lock(), "{line}");
        };
        diemcau::bridge::run(args, stop, print).await?;
        Ok(())
    })
}

fn administrator_token(data_dir: &Path, life: Duration) -> anyhow::Result<String> {
    let layout = Layout::new(data_dir);
    anyhow::ensure!(
        layout.is_set_up(),
        "no server has started on the data folder {} yet; name the server's folder with --data-dir",
        data_dir.display()
    );
    let keys = layout.token_keys()?;
    Ok(diemcau_signaling::admin_token(
        &keys.private_pem,
        &keys.public_pem,
        life,
    )?)
}

fn administrator_link(hours: u64, overrides: &Overrides, given: &ArgMatches) -> anyhow::Result<()> {
    let settings = load(overrides, given)?.settings;
    let life = Duration::from_secs(hours * 3_600);
    let token = administrator_token(&settings.data_dir, life)?;
    let public_ips = if settings.public_ips.is_empty() {
        addresses::own()
    } else {
        settings.public_ips.clone()
    };
    for address in page_addresses(&settings, &public_ips) {
        println!("{address}{}", administrator_path(&token));
    }
    Ok(())
}

fn archive_key(replace: bool, overrides: &Overrides, given: &ArgMatches) -> anyhow::Result<()> {
    let settings = load(overrides, given)?.settings;
    let layout = Layout::new(&settings.data_dir);
    anyhow::ensure!(
        layout.is_set_up(),
        "no server has started on the data folder {} yet; name the server's folder with --data-dir",
        settings.data_dir.display()
    );
    layout.archive_key_pem(replace)?;
    print!("{}", std::fs::read_to_string(layout.archive_public_keys())?);
    Ok(())
}

/// Prints how it goes, and the verdict; the exit status is 0 only where all of
/// it holds.
fn test_this_machine(args: &SelfTestArgs) -> ExitCode {
    limits::open_all_files();
    let language = args.lang.unwrap_or_else(Language::of_surroundings);
    let mut display = selftest::Display::new(language);
    let report = runtime().and_then(|runtime| {
        runtime.block_on(async {
            let stop = stop_signal()?;
            let run = selftest::run(args, stop, |progress| display.show(progress));
            Ok(run.await)
        })
    });
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            explain(&error.into());
            return ExitCode::FAILURE;
        }
    };
    display.end();
    // Nobody reads it, then; the exit status is the same.
    let _ = if args.json {
        serde_json::to_string_pretty(&report)
            .map_err(std::io::Error::other)
            .and_then(|text| writeln!(std::io::stdout(), "{text}"))
    } else {
        writeln!(std::io::stdout(), "\n{}", report.text(language))
    };
    match report.holds {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Prints what was found; the exit status says what it comes to.
fn verify_archive(args: &VerifyArgs) -> ExitCode {
    match verify::run(args) {
        Ok(outcome) => {
            print!("{}", outcome.text);
            ExitCode::from(outcome.status)
        }
        Err(error) => {
            explain(&error.into());
            ExitCode::FAILURE
        }
    }
}

fn back_up(file: &Path, overrides: &Overrides, given: &ArgMatches) -> anyhow::Result<()> {
    let settings = load(overrides, given)?.settings;
    runtime()?.block_on(backup::back_up(&settings, file))?;
    println!(
        "{} holds the server. Keep it secret: with the keys in it anybody can be the server.",
        file.display()
    );
    Ok(())
}

fn restore(file: &Path, overrides: &Overrides, given: &ArgMatches) -> anyhow::Result<()> {
    let settings = load(overrides, given)?.settings;
    backup::restore(file, &settings.data_dir)?;
    println!("The server is in {}.", settings.data_dir.display());
    Ok(())
}
