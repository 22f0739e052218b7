using Confluent.Kafka;
using Tributary.Destinations.Http;
using Tributary.Model;

namespace Tributary.Destinations.Kafka;

/// <summary>A producer whose brokers have been checked, or why there is none.</summary>
internal sealed class KafkaLine : IDisposable
{
    // Shorter than an attempt, so that the report of each message comes before its end.
    private const int MessageMs = 8_000;

    private static readonly TimeSpan MetadataMax = TimeSpan.FromSeconds(5);

    private readonly IProducer<byte[]?, byte[]> _producer;
    private readonly KafkaModel _model;
    private volatile Error? _loginFailure;
    private volatile bool _isFatal;

    private KafkaLine(KafkaModel model)
    {
        _model = model;
        _producer = new ProducerBuilder<byte[]?, byte[]>(Configuration(model)).SetLogHandler(static (_, _) => { }).SetErrorHandler(Note).Build();
    }

    /// <summary>When the brokers were checked last.</summary>
    public long CheckedAt { get; private set; }

    /// <summary>True when the producer is of no more use.</summary>
    public bool IsFatal => _isFatal || _loginFailure is not null;

    /// <summary>Connects and checks. Blocks for up to five seconds, so it belongs off the threads of others.</summary>
    public static (KafkaLine? Line, DeliveryOutcome Failure) Open(KafkaModel model, EgressRules rules, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (Refused(rules, model.Brokers.Select(broker => broker.Host), cancellationToken) is { } refused) return (null, refused);
        KafkaLine line;
        try
        {
            line = new KafkaLine(model);
        }
        catch (Exception failure) when (failure is KafkaException or InvalidOperationException or ArgumentException)
        {
            // E.g. a certificate that cannot be read.
            return (null, DeliveryOutcome.Refused("kafka_settings", failure.Message));
        }

        if (line.Check(rules, clock, cancellationToken) is not { } fault) return (line, default);
        line.Dispose();
        return (null, fault);
    }

    /// <summary>Asks the cluster for its brokers, and the rules about each of them. Null when all is well.</summary>
    public DeliveryOutcome? Check(EgressRules rules, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            using var admin = new DependentAdminClientBuilder(_producer.Handle).Build();
            var brokers = admin.GetMetadata(_model.Topic, MetadataMax).Brokers;
            if (Refused(rules, brokers.Select(broker => broker.Host), cancellationToken) is { } refused) return refused;
            CheckedAt = clock.GetTimestamp();
            return null;
        }
        catch (KafkaException failure)
        {
            return KafkaFailure.Judge(_loginFailure ?? failure.Error);
        }
    }

    /// <summary>Sends one message; the outcome comes when the brokers have it, or the time is over.</summary>
    public void Send(Message<byte[]?, byte[]> message, Action<DeliveryOutcome> report)
    {
        try
        {
            _producer.Produce(_model.Topic, message, sent => report(KafkaFailure.Judge(sent.Error.IsError && _loginFailure is { } login ? login : sent.Error)));
        }
        catch (ProduceException<byte[]?, byte[]> failure)
        {
            report(KafkaFailure.Judge(failure.Error));
        }
    }

    // Ending waits for librdkafka's threads, and whoever ends us should not.
    public void Dispose() => _ = Task.Run(_producer.Dispose);

    private void Note(IProducer<byte[]?, byte[]> producer, Error error)
    {
        if (error.IsFatal) _isFatal = true;
        if (KafkaFailure.Judge(error).Verdict == DeliveryVerdict.CredentialsRejected) _loginFailure = error;
    }

    private static DeliveryOutcome? Refused(EgressRules rules, IEnumerable<string> hosts, CancellationToken cancellationToken)
    {
        var unresolved = "";
        var isResolved = false;
        foreach (var host in hosts.Distinct(StringComparer.Ordinal))
        {
            var resolved = PermittedAddresses.ResolveAsync(rules, host, everyOne: true, cancellationToken).AsTask().GetAwaiter().GetResult();
            if (resolved.IsRefused) return DeliveryOutcome.Refused("egress_refused", resolved.Fault);
            isResolved |= resolved.Fault is null;
            if (resolved.Fault is { } fault) unresolved = fault;
        }

        // One broker that is there is enough.
        return isResolved ? null : DeliveryOutcome.RetryLater("name_not_resolved", detail: unresolved);
    }

    private static ProducerConfig Configuration(KafkaModel model)
    {
        var settings = new ProducerConfig
        {
            BootstrapServers = model.Servers,
            ClientId = "tributary",
            Acks = Acks.All,
            EnableIdempotence = true,
            MessageTimeoutMs = MessageMs,
            RequestTimeoutMs = 5_000,
            SocketConnectionSetupTimeoutMs = 5_000,
            TopicMetadataPropagationMaxMs = 5_000,
            LingerMs = 5,
            CompressionType = model.Compression,
            QueueBufferingMaxKbytes = 64 << 10,
            SecurityProtocol = (model.Login is not null, model.HasTls) switch
            {
                (true, true) => SecurityProtocol.SaslSsl,
                (true, false) => SecurityProtocol.SaslPlaintext,
                (false, true) => SecurityProtocol.Ssl,
                (false, false) => SecurityProtocol.Plaintext,
            },
            EnableMetricsPush = false,
        };
        if (model.CaCertificate is { } ca) settings.SslCaPem = ca;
        if (model.Login is { } login) (settings.SaslMechanism, settings.SaslUsername, settings.SaslPassword) = (login, model.UserName, model.Password);
        return settings;
    }
}
