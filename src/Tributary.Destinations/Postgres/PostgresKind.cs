using Tributary.Destinations.Http;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Destinations.Postgres;

/// <summary>The PostgreSQL warehouse in the catalogue: events become rows in Segment's warehouse schema.</summary>
public static class PostgresKind
{
    /// <summary>Its <c>metadataId</c>.</summary>
    public const string Slug = "postgres";

    public static DestinationKind Value { get; } = new(
        Slug,
        "PostgreSQL",
        "Loads every event into tables: one for each event name, and identifies, users, pages, screens, groups, accounts, aliases and tracks.",
        [
            new("host", "string", true, "Name or address of the server."),
            new("port", "number", false, "Port of the server; 5432 when it is not given."),
            new("database", "string", true, "Name of the database."),
            new("username", "string", true, "Role that may create tables in the schema, or the schema itself, and temporary tables."),
            new("password", "string", true, "Password of the role.", IsSecret: true),
            new("schema", "string", false, "Schema that the tables lie in; made when it does not exist. Give each source its own. tributary when it is not given."),
            new("tls", "string", false, "prefer (the default), require, verify-full or disable. Only verify-full proves who the server is."),
        ],
        settings =>
        {
            PostgresModel.Read(settings, out var reader);
            return reader.Faults;
        });

    /// <summary>How it is loaded.</summary>
    public static DestinationDriver Driver(EgressRules rules, TimeProvider clock) => new(Slug, request =>
        PostgresModel.Read(request.Settings, out var reader) is { } model
            ? SenderOpened.With(request.IsDryRun ? new PostgresDryRun(model, clock) : new PostgresSender(model, rules, clock))
            : SenderOpened.Faulty(reader.Sentence));
}
