using System.Text.Json.Nodes;
using Npgsql;
using Tributary.Destinations.Warehouse;

namespace Tributary.Destinations.Postgres;

/// <summary>The checked settings of a warehouse. It holds a password: it is never printed.</summary>
internal sealed record PostgresModel(string Host, int Port, string Database, string UserName, string Password, string Schema, SslMode Tls)
{
    /// <summary>Where it loads to, for people; without the password.</summary>
    public string Address => $"postgres://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}/{Uri.EscapeDataString(Database)}";

    /// <summary>Reads settings; the model is null when the reader is faulty afterwards.</summary>
    public static PostgresModel? Read(JsonObject settings, out SettingsReader reader)
    {
        reader = new SettingsReader(settings);
        var host = reader.Text("host", 253);
        // A comma would name several hosts and a slash a socket of this machine; neither is checked by the rules of egress.
        if (host.Length > 0 && Uri.CheckHostName(host) == UriHostNameType.Unknown) reader.Fault("host", "must be the name or the address of one host.");
        var schema = reader.Text("schema", PostgresNames.BytesMax, "tributary");
        if (System.Text.Encoding.UTF8.GetByteCount(schema) > PostgresNames.BytesMax) reader.Fault("schema", $"must be at most {PostgresNames.BytesMax} bytes long.");
        if (schema.StartsWith("pg_", StringComparison.Ordinal) || schema == "information_schema") reader.Fault("schema", "must not be one of PostgreSQL's own.");
        var model = new PostgresModel(
            host, reader.Number("port", 1, 65_535, 5_432), reader.Text("database", 63), reader.Text("username", 63), reader.Text("password", 1_000), schema,
            reader.Choice("tls", "prefer", "require", "verify-full", "disable") switch
            {
                "disable" => SslMode.Disable,
                "require" => SslMode.Require,
                "verify-full" => SslMode.VerifyFull,
                _ => SslMode.Prefer,
            });
        return reader.IsFaulty ? null : model;
    }
}
