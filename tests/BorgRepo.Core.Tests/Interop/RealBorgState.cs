namespace BorgRepo.Core.Tests.Interop;

/// <summary>What real borg sees: of each object (hex id) "length digest".</summary>
internal sealed record RealBorgState(uint? TransactionId, int Count, IReadOnlyDictionary<string, string> Objects);
