using Tributary.Engine.Workspace;

namespace Tributary.Server;

/// <summary>What a server is started with.</summary>
public sealed record ServeOptions
{
    /// <summary>Where it listens, separated by semicolons. Port 0 takes a free one.</summary>
    public string Urls { get; init; } = "http://localhost:8080";

    /// <summary>The folder that holds everything: logs, state, lake.</summary>
    public string DataFolder { get; init; } = "./data";

    /// <summary>A token that may administer the workspace, for automation; null when the first start is to make one.</summary>
    public string? AdminToken { get; init; }

    /// <summary>Log lines as JSON, for machines. Without it they are sentences.</summary>
    public bool JsonLogs { get; init; }

    /// <summary>
    /// Called once, when the data folder was empty and the workspace has been made; before the server listens, so that the only copy of the token is not lost
    /// when the address turns out to be taken.
    /// </summary>
    public Action<FirstStart>? FirstStarted { get; init; }

    /// <summary>Last word on the services, e.g. a test's own clock.</summary>
    public Action<WebApplicationBuilder>? Configure { get; init; }
}
