using System.Globalization;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using Tributary.Destinations.Warehouse;

namespace Tributary.Destinations.Kafka;

/// <summary>Which field of an event becomes its key, and with it decides the partition.</summary>
internal enum KafkaKey
{
    /// <summary><c>userId</c>, else <c>anonymousId</c>.</summary>
    UserId,

    /// <summary><c>anonymousId</c>, else <c>userId</c>.</summary>
    AnonymousId,

    MessageId,
}

/// <summary>The checked settings of a topic. It may hold a password: it is never printed.</summary>
internal sealed record KafkaModel(
    IReadOnlyList<(string Host, int Port)> Brokers, string Topic, KafkaKey Key, bool HasTls, string? CaCertificate, SaslMechanism? Login, string UserName, string Password, CompressionType Compression)
{
    /// <summary>Most brokers that a list may name; the rest of the cluster is learnt from them.</summary>
    public const int BrokersMax = 20;

    public string Servers => string.Join(',', Brokers.Select(broker => $"{(broker.Host.Contains(':', StringComparison.Ordinal) ? $"[{broker.Host}]" : broker.Host)}:{broker.Port}"));

    /// <summary>Where it sends to, for people.</summary>
    public string Address => $"kafka://{Servers}/{Topic}";

    /// <summary>Reads settings; the model is null when the reader is faulty afterwards.</summary>
    public static KafkaModel? Read(JsonObject settings, out SettingsReader reader)
    {
        reader = new SettingsReader(settings);
        var brokers = ReadBrokers(reader);
        var topic = reader.Text("topic", 249);
        if (topic is "." or ".." || !topic.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-')) reader.Fault("topic", "must be of letters, digits, dots, dashes and underscores.");
        var key = reader.Choice("key", "userId", "anonymousId", "messageId") switch
        {
            "anonymousId" => KafkaKey.AnonymousId,
            "messageId" => KafkaKey.MessageId,
            _ => KafkaKey.UserId,
        };
        SaslMechanism? login = reader.Choice("login", "none", "plain", "scram-sha-256", "scram-sha-512") switch
        {
            "plain" => SaslMechanism.Plain,
            "scram-sha-256" => SaslMechanism.ScramSha256,
            "scram-sha-512" => SaslMechanism.ScramSha512,
            _ => null,
        };
        var hasTls = reader.Choice("tls", "on", "off") == "on";
        if (login == SaslMechanism.Plain && !hasTls) reader.Fault("tls", "must be on with login plain, which sends the password as it is.");
        var (user, password) = login is null ? ("", "") : (reader.Text("username", 250), reader.Text("password", 1_000));
        var compression = reader.Choice("compression", "lz4", "none", "gzip", "snappy", "zstd") switch
        {
            "none" => CompressionType.None,
            "gzip" => CompressionType.Gzip,
            "snappy" => CompressionType.Snappy,
            "zstd" => CompressionType.Zstd,
            _ => CompressionType.Lz4,
        };
        var ca = ReadCertificate(settings, reader);
        return reader.IsFaulty ? null : new KafkaModel(brokers, topic, key, hasTls, ca, login, user, password, compression);
    }

    private static List<(string, int)> ReadBrokers(SettingsReader reader)
    {
        var brokers = new List<(string, int)>();
        foreach (var part in reader.Text("brokers", 5_000).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = part.LastIndexOf(':');
            var host = colon < 0 ? part : part[..colon].Trim('[', ']');
            var port = 9_092;
            var hasPort = colon < 0 || int.TryParse(part[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port);
            if (hasPort && port is > 0 and <= 65_535 && Uri.CheckHostName(host) != UriHostNameType.Unknown) brokers.Add((host, port));
            else reader.Fault("brokers", "must be hosts and ports, separated by commas, e.g. one.example.com:9092,two.example.com:9092.");
        }

        if (brokers.Count > BrokersMax) reader.Fault("brokers", $"must be at most {BrokersMax}.");
        return brokers;
    }

    // The only text that may have line breaks.
    private static string? ReadCertificate(JsonObject settings, SettingsReader reader)
    {
        if (settings["caCertificate"] is not { } node) return null;
        if (node is JsonValue value && value.TryGetValue<string>(out var pem) && pem.Length <= 100_000 && pem.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal)) return pem;
        reader.Fault("caCertificate", "must be certificates in PEM, at most 100,000 characters.");
        return null;
    }
}
