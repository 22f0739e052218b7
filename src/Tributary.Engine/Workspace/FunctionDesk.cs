using System.Text.Json.Nodes;

namespace Tributary.Engine.Workspace;

/// <summary>Changes and tries functions on behalf of somebody. Registered by the project that runs them; each takes the author, or the function's id, first.</summary>
/// <param name="Create">Creates a function; its first version is deployed at once.</param>
/// <param name="Update">Saves a new version; it runs when it is deployed.</param>
/// <param name="Deploy">From now on the newest version runs.</param>
/// <param name="Delete">Deletes a function that nothing uses.</param>
/// <param name="Insert">Puts an insert function in front of a destination.</param>
/// <param name="Remove">Takes an insert function away.</param>
/// <param name="Run">Runs the newest version, or the code that is sent, on a sample; the answer is that of the management API.</param>
/// <param name="Logs">The newest errors and console lines, the newest first.</param>
public sealed record FunctionDesk(
    Func<string, JsonInput, CancellationToken, ValueTask<(string Id, WorkspaceChanged Changed)>> Create,
    Func<string, string, JsonInput, CancellationToken, ValueTask<WorkspaceChanged>> Update,
    Func<string, string, CancellationToken, ValueTask<WorkspaceChanged>> Deploy,
    Func<string, string, CancellationToken, ValueTask<WorkspaceChanged>> Delete,
    Func<string, JsonInput, CancellationToken, ValueTask<(string Id, WorkspaceChanged Changed)>> Insert,
    Func<string, string, CancellationToken, ValueTask<WorkspaceChanged>> Remove,
    Func<string?, JsonInput, CancellationToken, Task<(JsonObject? Answer, WorkspaceRefusal? Refusal)>> Run,
    Func<string, JsonArray?> Logs);
